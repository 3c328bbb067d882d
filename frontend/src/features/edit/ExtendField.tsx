import { Input, Stack, Text } from "@mantine/core";
import type { Picture } from "@/api/pictures";
import { extended, type Margins, placeWithin } from "@/canvas/geometry";
import { NumberField } from "@/components/NumberField";
import { SIDES_IN_WORDS } from "@/components/words";
import { t } from "@/i18n";
import classes from "./ExtendField.module.css";

interface ExtendFieldProps {
  picture: Picture | undefined;
  margins: Margins;
  error: string | undefined;
  onChange: (margins: Margins) => void;
}

const SIDES = ["left", "right", "top", "bottom"] as const;
const STEP_PX = 16;

/** How far the picture grows on each side. */
export function ExtendField({ picture, margins, error, onChange }: ExtendFieldProps) {
  return (
    <Input.Wrapper label={t("Pixels to add")} labelElement="div" error={error}>
      <Stack gap={10}>
        <div className={classes.sides}>
          {SIDES.map((side) => (
            <NumberField
              key={side}
              aria-label={t("Pixels to add: {{side}}", { side: SIDES_IN_WORDS[side] })}
              leftSection={<Text size="xs">{SIDES_IN_WORDS[side]}</Text>}
              leftSectionWidth={58}
              suffix=" px"
              min={0}
              step={STEP_PX}
              allowDecimal={false}
              allowNegative={false}
              value={margins[side]}
              onChange={(length_px) => onChange({ ...margins, [side]: length_px })}
            />
          ))}
        </div>
        {picture && <Extent picture={picture} margins={margins} />}
      </Stack>
    </Input.Wrapper>
  );
}

/** Shows the picture within what it will be. */
function Extent({ picture, margins }: { picture: Picture; margins: Margins }) {
  const whole = extended(picture, margins);
  return (
    <figure className={classes.extent}>
      <div className={classes.whole} style={{ aspectRatio: whole.width / whole.height }}>
        <img src={picture.url} alt="" style={placeWithin(whole, margins)} />
      </div>
      <figcaption>{t("Becomes {{width}} × {{height}}", { ...whole })}</figcaption>
    </figure>
  );
}
