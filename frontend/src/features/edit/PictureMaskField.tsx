import type { Mask } from "@/canvas/mask";
import type { FieldName } from "@/form/obstacles";
import { MaskEdgeFields } from "./MaskEdgeFields";
import { MaskField } from "./MaskField";
import type { EditTask } from "./task";

interface PictureMaskFieldProps {
  task: EditTask;
  mask: Mask | null;
  errorOf: (field: FieldName) => string | undefined;
  onChange: (part: Partial<EditTask>) => void;
}

/** Where the first picture may change, and how that passes into what is kept. */
export function PictureMaskField({ task, mask, errorOf, onChange }: PictureMaskFieldProps) {
  const [picture] = task.pictures;
  if (!picture || !mask) return null;
  return (
    <>
      <MaskField
        key={picture.id}
        label="Mask"
        subject="The picture and its mask"
        url={picture.url}
        mask={mask}
        marks={task.marks}
        error={errorOf("mask")}
        onChange={(marks) => onChange({ marks })}
      />
      <MaskEdgeFields
        size={mask}
        edge={task.edge}
        errorOf={errorOf}
        onChange={(edge) => onChange({ edge })}
      />
    </>
  );
}
