import { Button, Input, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { BoxBoard } from "@/canvas/BoxBoard";
import type { Box } from "@/canvas/box";
import type { Size } from "@/canvas/geometry";
import { MaskLayer } from "@/canvas/MaskLayer";
import { colourOf, toCss } from "@/canvas/palette";
import { Cards } from "./Card";
import { changed, shifted, without } from "./list";
import { RegionCard } from "./RegionCard";
import { MAX_REGIONS, MIDDLE, maskOf, nameOf, type Region, withRegion } from "./regions";
import { type EditTask, groundOf } from "./task";
import type { Editing } from "./use-edit";

interface RegionFieldsProps {
  task: EditTask;
  editing: Editing;
  onChange: (part: Partial<EditTask>) => void;
}

/** Which part of the picture shows what: boxes over it, and beside them what each of them is. */
export function RegionFields({ task, editing, onChange }: RegionFieldsProps) {
  const { size, controlImages, run } = editing;
  const { regions } = task;
  const [selected, select] = useState<number | null>(null);
  if (!size) return null;
  const ground = groundOf(task, controlImages[0]?.made);
  const set = (regions: readonly Region[]) => onChange({ regions });
  const change = (id: number, part: Partial<Region>) => set(changed(regions, id, part));
  const isFull = regions.length >= MAX_REGIONS;
  const add = (box: Box) => {
    const more = withRegion(regions, box, size);
    select(more.at(-1)?.id ?? null);
    set(more);
  };
  return (
    <Input.Wrapper label="Regions" labelElement="div" error={run.errorOf("entities")}>
      <Stack gap={10}>
        <Text size="xs" c="dimmed">
          {isFull
            ? `All ${MAX_REGIONS} regions are in use.`
            : "Draw a box where something shall be."}
        </Text>
        <RegionBoard
          regions={regions}
          size={size}
          ground={ground}
          selected={selected}
          canDraw={!isFull}
          onDraw={add}
          onChange={(id, box) => change(id, { box })}
          onSelect={select}
          onRemove={(id) => set(without(regions, id))}
        />
        <Cards label="Regions">
          {regions.map((region, index) => (
            <li key={region.id}>
              <RegionCard
                region={region}
                field={`entities.${index}`}
                size={size}
                ground={ground}
                isOpen={region.id === selected}
                isFirst={index === 0}
                isLast={index === regions.length - 1}
                errorOf={run.errorOf}
                onChange={(part) => change(region.id, part)}
                onSelect={() => select(region.id)}
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
          onClick={() => add(MIDDLE)}
        >
          Add a region
        </Button>
      </Stack>
    </Input.Wrapper>
  );
}

interface RegionBoardProps {
  regions: readonly Region[];
  size: Size;
  ground: string | undefined;
  selected: number | null;
  canDraw: boolean;
  onDraw: (box: Box) => void;
  onChange: (id: number, box: Box) => void;
  onSelect: (id: number) => void;
  onRemove: (id: number) => void;
}

/** All regions over what is known of the picture. */
function RegionBoard({ regions, ground, ...board }: RegionBoardProps) {
  const painted = regions.filter(({ shape }) => shape === "mask");
  const boxes = regions.filter(({ shape }) => shape === "box");
  return (
    <BoxBoard
      {...board}
      label="Regions of the picture"
      boxes={boxes.map((region) => ({
        id: region.id,
        name: nameOf(region),
        box: region.box,
        colour: toCss(colourOf(region.id)),
      }))}
    >
      {ground && <img src={ground} alt="" draggable={false} />}
      {painted.map(({ id, drawing }) => (
        <MaskLayer key={id} mask={maskOf(drawing)} colour={colourOf(id)} />
      ))}
    </BoxBoard>
  );
}
