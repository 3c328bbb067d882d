import { useMediaQuery } from "@mantine/hooks";
import { lazy, Suspense } from "react";
import type { Job } from "@/api/gen";
import { GeneratePanel } from "@/features/generate/GeneratePanel";
import { WayPicker } from "@/form/WayPicker";
import { t } from "@/i18n";
import type { useForms } from "./use-forms";
import { useGenerateWays } from "./use-ways";

// Its canvas and fields are no part of the first load.
const EditPanel = lazy(async () => ({
  default: (await import("@/features/edit/EditPanel")).EditPanel,
}));

interface FormProps {
  forms: ReturnType<typeof useForms>;
  lastSeed: number | null;
  /** Where the canvas lies, if the page is wide enough for it to lie beside the fields. */
  room: HTMLElement | null;
  onStarted: (job?: Job) => void;
}

/** The settings of the mode that is open. */
export function Form({ forms, lastSeed, room, onStarted }: FormProps) {
  const { mode, draft, setDraft, task, setTask, guided, setGuided } = forms;
  const isNarrow = useMediaQuery("(max-width: 760px)", false, { getInitialValueInEffect: false });
  const ways = useGenerateWays({ draft, guided, onDraft: setDraft, onGuided: setGuided });
  const common = { draft, lastSeed, onDraft: setDraft, onStarted };
  const picker = ways && (
    <WayPicker
      legend={t("How to paint")}
      offers={ways.offers}
      way={ways.way}
      onChange={ways.change}
    />
  );
  if (mode === "generate" && !guided) return <GeneratePanel {...common} picker={picker} />;
  return (
    <Suspense>
      <EditPanel
        {...common}
        picker={mode === "generate" ? picker : undefined}
        room={isNarrow ? null : room}
        task={task}
        onTask={setTask}
      />
    </Suspense>
  );
}
