import { ActionIcon, Tooltip } from "@mantine/core";
import { IconDownload, IconEye, IconEyeOff } from "@tabler/icons-react";
import { useState } from "react";
import type { JobImage } from "@/api/gen";
import { t } from "@/i18n";
import { Mount } from "./ImageFrame";
import classes from "./LayerSheets.module.css";

interface LayerSheetsProps {
  /** The layers of one picture, the backmost first. */
  layers: readonly JobImage[];
}

/** A picture that was taken apart: its layers over each other, and each by itself to be kept. */
export function LayerSheets({ layers }: LayerSheetsProps) {
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const [back] = layers;
  if (!back) return null;
  const toggle = (id: string) =>
    setHidden((hidden) =>
      hidden.includes(id) ? hidden.filter((one) => one !== id) : [...hidden, id],
    );
  return (
    <div className={classes.sheets}>
      <Mount width={back.width} height={back.height}>
        <div className={classes.stack}>
          {layers.map(({ id, url }) => !hidden.includes(id) && <img key={id} src={url} alt="" />)}
        </div>
      </Mount>
      <ol className={classes.list} aria-label={t("Layers of the picture")} reversed>
        {layers.toReversed().map((layer, index) => (
          <Sheet
            key={layer.id}
            layer={layer}
            name={nameOf(layers.length - index, layers.length)}
            isHidden={hidden.includes(layer.id)}
            onToggle={() => toggle(layer.id)}
          />
        ))}
      </ol>
    </div>
  );
}

function nameOf(number: number, count: number): string {
  if (number === 1 && count > 1) return t("Layer 1, at the back");
  return number === count && count > 1
    ? t("Layer {{number}}, in front", { number })
    : t("Layer {{number}}", { number });
}

interface SheetProps {
  layer: JobImage;
  name: string;
  isHidden: boolean;
  onToggle: () => void;
}

function Sheet({ layer, name, isHidden, onToggle }: SheetProps) {
  const look = `${isHidden ? t("Show") : t("Hide")} ${name}`;
  const Eye = isHidden ? IconEyeOff : IconEye;
  const number = /\d+/.exec(name)?.[0];
  return (
    <li className={classes.sheet}>
      <img className={classes.thumb} src={layer.url} alt={name} />
      <span className={classes.name}>{name}</span>
      <Tooltip label={look}>
        <ActionIcon aria-label={look} onClick={onToggle}>
          <Eye size={17} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t("Download")}>
        <ActionIcon
          component="a"
          href={layer.url}
          download={`limner-${layer.seed}-layer-${number}.png`}
          aria-label={t("Download {{name}}", { name })}
        >
          <IconDownload size={17} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
    </li>
  );
}
