import { Button, Group, Input, Stack } from "@mantine/core";
import { useState } from "react";
import { MaskCanvas } from "@/canvas/MaskCanvas";
import { coverage, type Mark, type Mask } from "@/canvas/mask";
import { Chips } from "@/components/Chips";
import { SliderField } from "@/components/SliderField";

interface MaskFieldProps {
  /** Of what lies below the mask; it lies on nothing if there is none. */
  url: string | undefined;
  label: string;
  /** What is painted over, in words. */
  subject: string;
  mask: Mask;
  marks: readonly Mark[];
  error: string | undefined;
  onChange: (marks: readonly Mark[]) => void;
}

const LARGEST_SHARE = 0.5; // of the shorter side
const USUAL_SHARE = 0.08;

/** Where the picture may change, painted over it. */
export function MaskField(props: MaskFieldProps) {
  const { url, label, subject, mask, marks, error, onChange } = props;
  const shorter_px = Math.min(mask.width, mask.height);
  const [tool, setTool] = useState<"paint" | "erase">("paint");
  const [diameter_px, setDiameter] = useState(
    Math.max(2, Math.round(2 * USUAL_SHARE * shorter_px)),
  );
  const add = (mark: Mark) => onChange([...marks, mark]);
  const percent = Math.round(coverage(mask) * 100);
  return (
    <Input.Wrapper label={label} labelElement="div" error={error}>
      <Stack gap={10}>
        <Group justify="space-between" gap={8}>
          <Chips
            legend="Brush"
            choices={[
              { value: "paint", label: "Paint" },
              { value: "erase", label: "Erase" },
            ]}
            value={tool}
            onChange={setTool}
          />
          <Button.Group>
            <Tool
              label="Undo"
              off={marks.length === 0}
              onClick={() => onChange(marks.slice(0, -1))}
            />
            <Tool label="Invert" onClick={() => add({ kind: "invert" })} />
            <Tool label="Clear" off={percent === 0} onClick={() => add({ kind: "clear" })} />
          </Button.Group>
        </Group>
        <SliderField
          label="Brush size"
          hint="in pixels of the picture"
          min={1}
          max={Math.max(2, Math.round(2 * LARGEST_SHARE * shorter_px))}
          step={1}
          value={diameter_px}
          error={undefined}
          onChange={(typed) => setDiameter(Math.max(1, typed))}
        />
        <MaskCanvas
          url={url}
          label={`${subject}; ${percent} % is painted`}
          mask={mask}
          brush={{ radius_px: diameter_px / 2, erases: tool === "erase" }}
          onStroke={add}
        />
      </Stack>
    </Input.Wrapper>
  );
}

function Tool({ label, off, onClick }: { label: string; off?: boolean; onClick: () => void }) {
  return (
    <Button variant="default" size="compact-sm" disabled={off} onClick={onClick}>
      {label}
    </Button>
  );
}
