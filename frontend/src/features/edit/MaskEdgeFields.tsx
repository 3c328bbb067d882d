import type { Size } from "@/canvas/geometry";
import { SliderField } from "@/components/SliderField";
import type { FieldName } from "@/form/obstacles";
import { t } from "@/i18n";
import { FEATHERS_PX, type MaskEdge } from "./task";

interface MaskEdgeFieldsProps {
  /** Of the mask: what can be dragged to makes sense for it; the rest can be typed. */
  size: Size;
  edge: MaskEdge;
  errorOf: (field: FieldName) => string | undefined;
  onChange: (edge: MaskEdge) => void;
}

const LARGEST_SHARE = 0.25; // of the shorter side

/** How what was painted passes into what is kept. */
export function MaskEdgeFields({ size, edge, errorOf, onChange }: MaskEdgeFieldsProps) {
  const { feather_px, grow_px } = edge;
  const shorter_px = Math.min(size.width, size.height);
  const most_px = Math.min(FEATHERS_PX[1], Math.max(1, Math.round(LARGEST_SHARE * shorter_px)));
  return (
    <>
      <SliderField
        label={t("Soft edge")}
        hint={t("pixels over which the new passes into the old, beyond what is painted")}
        min={0}
        max={Math.max(most_px, feather_px)}
        step={1}
        value={feather_px}
        error={errorOf("mask_feather_px")}
        onChange={(feather_px) => onChange({ ...edge, feather_px })}
      />
      <SliderField
        label={t("Grow")}
        hint={t("pixels by which the mask reaches beyond what is painted; below 0 it shrinks")}
        min={-most_px}
        max={most_px}
        step={1}
        value={grow_px}
        error={errorOf("mask_grow_px")}
        onChange={(grow_px) => onChange({ ...edge, grow_px })}
      />
    </>
  );
}
