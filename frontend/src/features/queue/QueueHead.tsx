import { ActionIcon, Button, Group, Popover, Stack, Text, Title, Tooltip } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { spanInWords } from "@/components/words";
import classes from "./QueueDrawer.module.css";
import { WORDS } from "./words";

interface QueueHeadProps {
  count: number;
  waiting: number;
  isPaused: boolean;
  eta_s: number | null;
  onPause: (paused: boolean) => void;
  onClear: () => void;
}

/** How much there is to do, and what concerns all of it. */
export function QueueHead({ count, waiting, isPaused, eta_s, onPause, onClear }: QueueHeadProps) {
  const pause = isPaused ? WORDS.resume : WORDS.pause;
  return (
    <div className={classes.head}>
      <Title order={2} className={classes.heading}>
        {WORDS.title}
        {count > 0 && <span className={classes.count}>{count}</span>}
      </Title>
      {eta_s !== null && count > 1 && (
        <span className={classes.eta}>{WORDS.allDone(spanInWords(eta_s))}</span>
      )}
      <Group gap={2} wrap="nowrap" ml="auto">
        <Tooltip label={pause}>
          <ActionIcon
            aria-label={pause}
            variant={isPaused ? "light" : "subtle"}
            color={isPaused ? "orpiment" : "gray"}
            onClick={() => onPause(!isPaused)}
          >
            {isPaused ? (
              <IconPlayerPlay size={17} stroke={1.7} />
            ) : (
              <IconPlayerPause size={17} stroke={1.7} />
            )}
          </ActionIcon>
        </Tooltip>
        {waiting > 0 && <ClearButton waiting={waiting} onClear={onClear} />}
      </Group>
    </div>
  );
}

function ClearButton({ waiting, onClear }: { waiting: number; onClear: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const clear = () => {
    setAsking(false);
    onClear();
  };
  return (
    <Popover opened={isAsking} onChange={setAsking} position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Tooltip label={WORDS.clear} disabled={isAsking}>
          <ActionIcon aria-label={WORDS.clear} onClick={() => setAsking(!isAsking)}>
            <IconTrash size={17} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label={WORDS.clear}>
        <Stack gap="xs">
          <Text size="sm">{WORDS.clearSure(waiting)}</Text>
          <Group gap="xs">
            <Button size="compact-sm" color="vermilion" variant="light" onClick={clear}>
              {WORDS.clearYes}
            </Button>
            <Button size="compact-sm" variant="default" onClick={() => setAsking(false)}>
              {WORDS.clearNo}
            </Button>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
