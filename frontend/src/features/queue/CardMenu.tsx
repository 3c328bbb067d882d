import { ActionIcon, Menu } from "@mantine/core";
import {
  IconArrowDown,
  IconArrowUp,
  IconCopy,
  IconDots,
  IconPencil,
  IconPlayerTrackNext,
  IconPlayerTrackPrev,
  IconStack2,
} from "@tabler/icons-react";
import type { Job } from "@/api/gen";
import type { Move } from "@/api/line";
import { MENU_HEIGHT, MENU_PLACE } from "@/components/menu-place";
import { titleOf } from "@/components/words";
import type { QueueActions } from "./actions";
import { PRIORITIES, WORDS } from "./words";

interface CardMenuProps {
  job: Job;
  place: number;
  count: number;
  batch: readonly Job[];
  onMove: (move: Move) => void;
  actions: QueueActions;
}

const ICONS = {
  first: IconPlayerTrackPrev,
  up: IconArrowUp,
  down: IconArrowDown,
  last: IconPlayerTrackNext,
};
const MOVES = ["first", "up", "down", "last"] as const satisfies Move[];

/** Everything that can be done with a job that waits. */
export function CardMenu({ job, place, count, batch, onMove, actions }: CardMenuProps) {
  const isAtEnd = (move: Move) =>
    move === "first" || move === "up" ? place === 0 : place === count - 1;
  return (
    <Menu position="bottom-end" withinPortal middlewares={MENU_PLACE}>
      <Menu.Target>
        <ActionIcon size="sm" aria-label={`${WORDS.actions}: ${titleOf(job)}`}>
          <IconDots size={16} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown mah={MENU_HEIGHT} style={{ overflowY: "auto" }}>
        {count > 1 &&
          MOVES.map((move) => {
            const Icon = ICONS[move];
            return (
              <Menu.Item
                key={move}
                leftSection={<Icon size={16} stroke={1.7} />}
                disabled={isAtEnd(move)}
                onClick={() => onMove(move)}
              >
                {WORDS.moves[move]}
              </Menu.Item>
            );
          })}
        {count > 1 && <Menu.Divider />}
        <Menu.Item
          leftSection={<IconPencil size={16} stroke={1.7} />}
          onClick={() => actions.onEdit(job)}
        >
          {WORDS.edit}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconCopy size={16} stroke={1.7} />}
          onClick={() => actions.onDuplicate(job)}
        >
          {WORDS.duplicate}
        </Menu.Item>
        {batch.length > 1 && (
          <Menu.Item
            leftSection={<IconStack2 size={16} stroke={1.7} />}
            onClick={() => actions.onCancel(batch)}
          >
            {WORDS.cancelBatch(batch.length)}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Label>{WORDS.priority}</Menu.Label>
        <Menu.RadioGroup
          value={job.priority}
          onChange={(chosen) => actions.onPrioritise(job, chosen as Job["priority"])}
        >
          {Object.entries(PRIORITIES).map(([priority, name]) => (
            <Menu.RadioItem key={priority} value={priority} closeMenuOnClick>
              {name}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
