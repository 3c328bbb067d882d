import { SliderField } from "@/components/SliderField";
import { t } from "@/i18n";
import { ControlFields } from "./ControlFields";
import { ExtendField } from "./ExtendField";
import { PictureMaskField } from "./PictureMaskField";
import { RegionFields } from "./RegionFields";
import { StartFields } from "./StartFields";
import { LAYER_COUNTS } from "./separation";
import { type EditTask, STRENGTHS } from "./task";
import { UpscaleFields } from "./UpscaleFields";
import type { Editing } from "./use-edit";
import type { Sketching } from "./use-sketch";

interface WayFieldsProps {
  task: EditTask;
  editing: Editing;
  sketching: Sketching;
  onChange: (part: Partial<EditTask>) => void;
}

/** The settings that only the chosen way has. */
export function WayFields({ task, editing, sketching, onChange }: WayFieldsProps) {
  const { mask, run } = editing;
  const [picture] = task.pictures;
  switch (task.way) {
    case "inpaint":
      return <PictureMaskField task={task} mask={mask} errorOf={run.errorOf} onChange={onChange} />;
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
          label={t("Strength")}
          hint={t("how far to leave the picture: 0.1 hardly, 1 altogether")}
          min={STRENGTHS[0]}
          max={STRENGTHS[1]}
          step={0.05}
          value={task.strength}
          error={run.errorOf("strength")}
          onChange={(strength) => onChange({ strength })}
        />
      );
    case "control":
    case "entities":
      return (
        <>
          {task.way === "control" && (
            <ControlFields task={task} editing={editing} onChange={onChange} />
          )}
          <RegionFields task={task} editing={editing} sketching={sketching} onChange={onChange} />
          <StartFields task={task} editing={editing} onChange={onChange} />
        </>
      );
    case "layers":
      return (
        <SliderField
          label={t("Layers")}
          hint={t("into how many the picture is taken apart, the backmost included")}
          min={LAYER_COUNTS[0]}
          max={LAYER_COUNTS[1]}
          step={1}
          value={task.layerCount}
          error={run.errorOf("layers")}
          onChange={(layerCount) => onChange({ layerCount })}
        />
      );
    case "upscale":
      return <UpscaleFields task={task} editing={editing} onChange={onChange} />;
    default:
      return null;
  }
}
