import { Input, Stack } from "@mantine/core";
import { Chips } from "@/components/Chips";
import { SliderField } from "@/components/SliderField";
import { t } from "@/i18n";
import { PictureMaskField } from "./PictureMaskField";
import { type EditTask, STRENGTHS, type Start } from "./task";
import type { Editing } from "./use-edit";

interface StartFieldsProps {
  task: EditTask;
  editing: Editing;
  onChange: (part: Partial<EditTask>) => void;
}

const FEATURES = { nothing: null, picture: "image_to_image", mask: "inpaint" } as const;
const LABELS: Record<Start, string> = {
  nothing: t("Nothing"),
  picture: t("Picture 1"),
  mask: t("Picture 1, inside a mask"),
};
// What surrounds a hole is kept anyway; without a mask, only the strength keeps anything.
const USUAL_STRENGTHS: Record<Start, number> = { nothing: 0.6, picture: 0.6, mask: 1 };

/** What a picture under control starts from, and how far it may leave it. */
export function StartFields({ task, editing, onChange }: StartFieldsProps) {
  const { lacks, mask, run } = editing;
  if (task.pictures.length === 0) return null;
  const choices = (["nothing", "picture", "mask"] as const).map((value) => {
    const feature = FEATURES[value];
    return { value, label: LABELS[value], isOff: feature !== null && lacks(feature) !== null };
  });
  return (
    <Input.Wrapper label={t("Start from")} labelElement="div" error={run.errorOf("init_image")}>
      <Stack gap={10}>
        <Chips
          legend={t("Start from")}
          choices={choices}
          value={task.start}
          onChange={(start) => onChange({ start, startStrength: USUAL_STRENGTHS[start] })}
        />
        {task.start !== "nothing" && (
          <SliderField
            label={t("Strength")}
            hint={t("how far to leave the picture: 0.1 hardly, 1 altogether")}
            min={STRENGTHS[0]}
            max={STRENGTHS[1]}
            step={0.05}
            value={task.startStrength}
            error={run.errorOf("strength")}
            onChange={(startStrength) => onChange({ startStrength })}
          />
        )}
        {task.start === "mask" && (
          <PictureMaskField task={task} mask={mask} errorOf={run.errorOf} onChange={onChange} />
        )}
      </Stack>
    </Input.Wrapper>
  );
}
