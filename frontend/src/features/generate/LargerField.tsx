import { Stack, Text } from "@mantine/core";
import { useId } from "react";
import type { Model } from "@/api/gen";
import type { Size } from "@/canvas/geometry";
import { Chips } from "@/components/Chips";
import { sizeInWords } from "@/components/words";
import { MAX_SIDE_PX } from "@/form/tiling";
import { t } from "@/i18n";
import { factorOfSize, factorsOf } from "./factors";
import { isLarge, type Reach, tilesOf } from "./large";

interface LargerFieldProps {
  size: Size;
  /** The size is none that can be painted. */
  isWrong: boolean;
  model: Model;
  reach: Reach;
  onChange: (size: Size) => void;
}

/** How many times the model's own size a picture has, and what becomes of one that is beyond the model. */
export function LargerField({ size, isWrong, model, reach, onChange }: LargerFieldProps) {
  const id = useId();
  const factors = factorsOf(isWrong ? model : size, model, reach, MAX_SIDE_PX);
  const chosen = isWrong ? null : factorOfSize(size, model);
  const isTiled = !isWrong && isLarge(size, model, reach);
  return (
    <Stack gap={6}>
      <Chips
        legend={t("Times the model's own size")}
        describedBy={id}
        choices={factors.map(({ factor, isOff }) => ({
          value: String(factor),
          label: `${factor}×`,
          isOff,
        }))}
        value={String(chosen)}
        onChange={(value) => {
          const picked = factors.find(({ factor }) => String(factor) === value);
          if (picked) onChange(picked.size);
        }}
      />
      <div id={id}>
        {isTiled && (
          <Text size="xs" c="dimmed">
            {t("Painted in {{tiles}} tiles, larger than the model's own {{size}}.", {
              tiles: tilesOf(size, model),
              size: sizeInWords(model),
            })}
          </Text>
        )}
        {reach.off !== null && (
          <Text size="xs" c="dimmed">
            {t("Larger sizes are off: {{reason}}.", { reason: reach.off })}
          </Text>
        )}
        {reach.waits !== null && (
          <Text size="xs" c="var(--waiting)">
            {t("Larger sizes wait: {{reason}}.", { reason: reach.waits })}
          </Text>
        )}
      </div>
    </Stack>
  );
}
