import { Input, SimpleGrid, Text } from "@mantine/core";
import { EDGES, fromPixels, inPixels } from "@/canvas/box";
import type { Size } from "@/canvas/geometry";
import { Chips } from "@/components/Chips";
import { NumberField } from "@/components/NumberField";
import { SIDES_IN_WORDS } from "@/components/words";
import type { FieldName } from "@/form/obstacles";
import { t } from "@/i18n";
import { percentOf } from "./canvas-layers";
import { maskOf, nameOf, type Region } from "./regions";

interface RegionPlaceProps {
  region: Region;
  field: `entities.${number}`;
  size: Size;
  errorOf: (field: FieldName) => string | undefined;
  onChange: (part: Partial<Region>) => void;
}

/** Where a region is: a box, to be typed as well as drawn, or what is painted. */
export function RegionPlace({ region, field, size, errorOf, onChange }: RegionPlaceProps) {
  const { shape, drawing } = region;
  const name = nameOf(region);
  return (
    <>
      <Chips
        legend={t("Shape of {{name}}", { name })}
        choices={[
          { value: "box", label: t("Box") },
          { value: "mask", label: t("Painted") },
        ]}
        value={shape}
        onChange={(shape) => onChange({ shape })}
      />
      {shape === "box" ? (
        <BoxNumbers
          region={region}
          size={size}
          error={errorWithin(`${field}.box`, errorOf) ?? errorOf(field)}
          onChange={onChange}
        />
      ) : (
        <Input.Wrapper error={errorOf(`${field}.mask`) ?? errorOf(field)}>
          <Text size="xs" c="dimmed">
            {t("{{share}}, on the canvas.", { share: percentOf(maskOf(drawing)) })}
          </Text>
        </Input.Wrapper>
      )}
    </>
  );
}

function errorWithin(field: `entities.${number}.box`, errorOf: RegionPlaceProps["errorOf"]) {
  const parts = EDGES.map((edge) => errorOf(`${field}.${edge}`));
  return errorOf(field) ?? parts.find((error) => error !== undefined);
}

const STEP_PX = 8;

interface BoxNumbersProps {
  region: Region;
  size: Size;
  error: string | undefined;
  onChange: (part: Partial<Region>) => void;
}

function BoxNumbers({ region, size, error, onChange }: BoxNumbersProps) {
  const name = nameOf(region);
  const box_px = inPixels(region.box, size);
  return (
    <Input.Wrapper error={error}>
      <SimpleGrid cols={2} spacing={8} verticalSpacing={8}>
        {EDGES.map((edge) => (
          <NumberField
            key={edge}
            size="xs"
            aria-label={`${name}: ${SIDES_IN_WORDS[edge]}`}
            leftSection={<Text size="xs">{SIDES_IN_WORDS[edge]}</Text>}
            leftSectionWidth={54}
            suffix=" px"
            min={0}
            max={edge === "left" || edge === "right" ? size.width : size.height}
            step={STEP_PX}
            allowDecimal={false}
            allowNegative={false}
            value={box_px[edge]}
            onChange={(typed_px) =>
              onChange({ box: fromPixels({ ...box_px, [edge]: typed_px }, size) })
            }
          />
        ))}
      </SimpleGrid>
    </Input.Wrapper>
  );
}
