import { Input, Stack } from "@mantine/core";
import type { ControlImage } from "@/api/gen";
import { Chips } from "@/components/Chips";
import { ImageFrame } from "@/components/ImageFrame";
import { SliderField } from "@/components/SliderField";
import type { FieldName } from "@/form/obstacles";
import { type EditTask, SCALES } from "./task";

interface ControlFieldsProps {
  task: EditTask;
  /** Drawn from a photograph. */
  edges: ControlImage | undefined;
  errorOf: (field: FieldName) => string | undefined;
  onChange: (part: Partial<EditTask>) => void;
}

const BRIGHTEST = 255;

/** What the control picture is, the edges made from a photograph, and how strongly they hold. */
export function ControlFields({ task, edges, errorOf, onChange }: ControlFieldsProps) {
  const { source, thresholds, scale } = task;
  return (
    <>
      <Input.Wrapper label="The picture is" labelElement="div" error={errorOf("controls")}>
        <Stack gap={10}>
          <Chips
            legend="The picture is"
            choices={[
              { value: "photo", label: "A photo: make edges from it" },
              { value: "edges", label: "Edges already" },
            ]}
            value={source}
            onChange={(source) => onChange({ source })}
          />
          {source === "photo" && edges && (
            <ImageFrame
              src={edges.url}
              alt="The edges found in the picture"
              width={edges.width}
              height={edges.height}
            />
          )}
        </Stack>
      </Input.Wrapper>
      {source === "photo" && (
        <>
          <SliderField
            label="Drop edges below"
            hint="the lower, the fainter the lines that are drawn beside strong ones"
            min={0}
            max={BRIGHTEST}
            step={5}
            value={thresholds.low}
            error={undefined}
            onChange={(low) => onChange({ thresholds: raised(low, thresholds.high) })}
          />
          <SliderField
            label="Keep edges above"
            hint="the lower, the more lines are drawn"
            min={0}
            max={BRIGHTEST}
            step={5}
            value={thresholds.high}
            error={undefined}
            onChange={(high) => onChange({ thresholds: lowered(thresholds.low, high) })}
          />
        </>
      )}
      <SliderField
        label="Hold"
        hint="how strongly the edges hold the painting"
        min={SCALES[0]}
        max={SCALES[1]}
        step={0.05}
        value={scale}
        error={errorOf("scale")}
        onChange={(scale) => onChange({ scale })}
      />
    </>
  );
}

// The two keep their order, whichever is moved.
const raised = (low: number, high: number) => ({ low, high: Math.max(low, high) });
const lowered = (low: number, high: number) => ({ low: Math.min(low, high), high });
