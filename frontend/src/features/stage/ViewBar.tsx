import { Button, Group } from "@mantine/core";
import { Chips } from "@/components/Chips";
import type { View } from "./Pictures";
import { WORDS } from "./words";

interface ViewBarProps {
  view: View;
  /** Whether the other picture was picked, and can be let go. */
  isPicked: boolean;
  onView: (view: View) => void;
  onEnd: () => void;
}

/** How two pictures are compared. */
export function ViewBar({ view, isPicked, onView, onEnd }: ViewBarProps) {
  return (
    <Group justify="center" gap="xs">
      <Chips
        legend={WORDS.view}
        choices={[
          { value: "beside", label: WORDS.beside },
          { value: "slider", label: WORDS.slider },
        ]}
        value={view}
        onChange={onView}
      />
      {isPicked && (
        <Button variant="subtle" size="compact-sm" onClick={onEnd}>
          {WORDS.endComparing}
        </Button>
      )}
    </Group>
  );
}
