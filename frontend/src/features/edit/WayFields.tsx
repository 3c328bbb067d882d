import { SliderField } from "@/components/SliderField";
import { ControlFields } from "./ControlFields";
import { ExtendField } from "./ExtendField";
import { MaskField } from "./MaskField";
import { type EditTask, STRENGTHS } from "./task";
import type { Editing } from "./use-edit";

interface WayFieldsProps {
  task: EditTask;
  editing: Editing;
  onChange: (part: Partial<EditTask>) => void;
}

/** The settings that only the chosen way has. */
export function WayFields({ task, editing, onChange }: WayFieldsProps) {
  const { mask, edges, run } = editing;
  const [picture] = task.pictures;
  switch (task.way) {
    case "inpaint":
      return picture && mask ? (
        <MaskField
          key={picture.id}
          picture={picture}
          mask={mask}
          marks={task.marks}
          edge={task.edge}
          errorOf={run.errorOf}
          onChange={(marks) => onChange({ marks })}
          onEdge={(edge) => onChange({ edge })}
        />
      ) : null;
    case "extend":
      return (
        <ExtendField
          picture={picture}
          margins={task.margins}
          error={run.errorOf("outpaint")}
          onChange={(margins) => onChange({ margins })}
        />
      );
    case "restyle":
      return (
        <SliderField
          label="Strength"
          hint="how far to leave the picture: 0.1 hardly, 1 altogether"
          min={STRENGTHS[0]}
          max={STRENGTHS[1]}
          step={0.05}
          value={task.strength}
          error={run.errorOf("strength")}
          onChange={(strength) => onChange({ strength })}
        />
      );
    case "control":
      return (
        <ControlFields task={task} edges={edges.data} errorOf={run.errorOf} onChange={onChange} />
      );
    default:
      return null;
  }
}
