import { Button, Input, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { t } from "@/i18n";
import { Cards } from "./Card";
import { changed, shifted, without } from "./list";
import { RegionCard } from "./RegionCard";
import { MAX_REGIONS, type Region } from "./regions";
import { layerOf } from "./sketch";
import type { EditTask } from "./task";
import type { Editing } from "./use-edit";
import type { Sketching } from "./use-sketch";

interface RegionFieldsProps {
  task: EditTask;
  editing: Editing;
  sketching: Sketching;
  onChange: (part: Partial<EditTask>) => void;
}

/** What each region of the canvas shows. */
export function RegionFields({ task, editing, sketching, onChange }: RegionFieldsProps) {
  const { size, run } = editing;
  const { regions } = task;
  if (!size) return null;
  const set = (regions: readonly Region[]) => onChange({ regions });
  const isFull = regions.length >= MAX_REGIONS;
  return (
    <Input.Wrapper label={t("Regions")} labelElement="div" error={run.errorOf("entities")}>
      <Stack gap={10}>
        <Text size="xs" c="dimmed">
          {isFull
            ? t("All {{most}} regions are in use.", { most: MAX_REGIONS })
            : t("Draw a box on the canvas where something shall be, or paint it.")}
        </Text>
        <Cards label={t("Regions")}>
          {regions.map((region, index) => (
            <li key={region.id}>
              <RegionCard
                region={region}
                field={`entities.${index}`}
                size={size}
                isOpen={sketching.layer === layerOf(region.id)}
                isFirst={index === 0}
                isLast={index === regions.length - 1}
                errorOf={run.errorOf}
                onChange={(part) => set(changed(regions, region.id, part))}
                onSelect={() => sketching.select(layerOf(region.id))}
                onShift={(by) => set(shifted(regions, region.id, by))}
                onRemove={() => set(without(regions, region.id))}
              />
            </li>
          ))}
        </Cards>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={15} stroke={1.8} />}
          disabled={isFull}
          onClick={sketching.addRegion}
        >
          {t("Add a region")}
        </Button>
      </Stack>
    </Input.Wrapper>
  );
}
