import { Menu } from "@mantine/core";
import {
  IconArrowDown,
  IconArrowUp,
  IconCopy,
  IconPencil,
  IconPlayerTrackNext,
  IconPlayerTrackPrev,
  IconStack2,
} from "@tabler/icons-react";
import type { Job } from "@/api/gen";
import type { Move } from "@/api/line";
import { OpenMenu } from "@/components/OpenMenu";
import type { CardActions } from "./actions";
import { PRIORITIES, WORDS } from "./words";

interface CardMenuProps {
  label: string;
  job: Job;
  place: number;
  count: number;
  batch: readonly Job[];
  latest: () => CardActions;
  onChange: (isOpen: boolean) => void;
}

const ICONS = {
  first: IconPlayerTrackPrev,
  up: IconArrowUp,
  down: IconArrowDown,
  last: IconPlayerTrackNext,
};
const MOVES = ["first", "up", "down", "last"] as const satisfies Move[];

/** Everything that can be done with a job that waits. */
export function CardMenu(props: CardMenuProps) {
  const { label, job, place, count, batch, latest, onChange } = props;
  const { onMove, actions } = latest();
  const isAtEnd = (move: Move) =>
    move === "first" || move === "up" ? place === 0 : place === count - 1;
  return (
    <OpenMenu label={label} position="bottom-end" onChange={onChange}>
      {count > 1 &&
        MOVES.map((move) => {
          const Icon = ICONS[move];
          return (
            <Menu.Item
              key={move}
              leftSection={<Icon size={16} stroke={1.7} />}
              disabled={isAtEnd(move)}
              onClick={() => onMove(place, move)}
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
    </OpenMenu>
  );
}
