import { Text } from "@mantine/core";
import type { Mask } from "@/canvas/mask";
import type { FieldName } from "@/form/obstacles";
import { t } from "@/i18n";
import { MaskEdgeFields } from "./MaskEdgeFields";
import type { EditTask } from "./task";

interface PictureMaskFieldProps {
  task: EditTask;
  mask: Mask | null;
  errorOf: (field: FieldName) => string | undefined;
  onChange: (part: Partial<EditTask>) => void;
}

/** How what is painted on the canvas passes into what is kept. */
export function PictureMaskField({ task, mask, errorOf, onChange }: PictureMaskFieldProps) {
  if (!mask) return null;
  return (
    <>
      <Text size="sm" c="dimmed">
        {t("Paint over what shall change, on the canvas.")}
      </Text>
      <MaskEdgeFields
        size={mask}
        edge={task.edge}
        errorOf={errorOf}
        onChange={(edge) => onChange({ edge })}
      />
    </>
  );
}
