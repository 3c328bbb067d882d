import { Input, Stack, Text } from "@mantine/core";
import type { Size } from "@/canvas/geometry";
import { Chips } from "@/components/Chips";
import { SliderField } from "@/components/SliderField";
import { sizeInWords } from "@/components/words";
import { t } from "@/i18n";
import { type EditTask, STRENGTHS } from "./task";
import { scalesFor, tilesOf, upscaledSize } from "./upscale";
import type { Editing } from "./use-edit";

interface UpscaleFieldsProps {
  task: EditTask;
  editing: Editing;
  onChange: (part: Partial<EditTask>) => void;
}

/** How much larger the picture becomes, and how much of it is painted anew. */
export function UpscaleFields({ task, editing, onChange }: UpscaleFieldsProps) {
  const { model, run } = editing;
  const { pictures, scale } = task;
  const [picture] = pictures;
  const error = run.errorOf("scale") ?? run.errorOf("width") ?? run.errorOf("height");
  const offered = picture ? scalesFor(picture) : [];
  const scales = offered.includes(scale) || !picture ? offered : [...offered, scale];
  const target = picture && upscaledSize(picture, scale);
  return (
    <>
      {picture && target && (
        <Input.Wrapper label={t("Enlarge")} labelElement="div" error={error}>
          <Stack gap={6}>
            <Chips
              legend={t("Enlarge")}
              choices={scales.map((each) => ({ value: String(each), label: `${each}×` }))}
              value={String(scale)}
              onChange={(value) => onChange({ scale: Number(value) })}
            />
            {!error && (
              <Text size="xs" c="dimmed">
                {outcomeOf(picture, target, model && tilesOf(picture, scale, model))}
              </Text>
            )}
          </Stack>
        </Input.Wrapper>
      )}
      <SliderField
        label={t("Creativity")}
        hint={t("how much is painted anew: 0.1 hardly anything, 0.6 details that were not there")}
        min={STRENGTHS[0]}
        max={STRENGTHS[1]}
        step={0.05}
        value={task.creativity}
        error={run.errorOf("strength")}
        onChange={(creativity) => onChange({ creativity })}
      />
    </>
  );
}

function outcomeOf(picture: Size, target: Size, tiles: number | undefined): string {
  const sizes = { from: sizeInWords(picture), to: sizeInWords(target) };
  return tiles === undefined
    ? t("{{from}} becomes {{to}}.", sizes)
    : t("{{from}} becomes {{to}}, painted in {{tiles}} tiles.", { ...sizes, tiles });
}
