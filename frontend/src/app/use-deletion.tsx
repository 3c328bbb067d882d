import { Button, Group, Text } from "@mantine/core";
import { useWindowEvent } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { Job } from "@/api/gen";
import { dropFromHistories, forgetJobs } from "@/api/history";
import { titleOf } from "@/components/words";
import { t } from "@/i18n";

const REGRET_MS = 8000;

/** Deletes jobs, but only after some seconds in which that can be taken back. */
export function useDeletion() {
  const client = useQueryClient();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const pending = useRef(new Set<string>());

  const show = (id: string) => setHidden((ids) => new Set([...ids].filter((each) => each !== id)));
  const forget = async (id: string) => {
    if (!pending.current.delete(id)) return;
    try {
      await forgetJobs([id]);
      dropFromHistories(client, [id]);
    } catch (problem) {
      const message = problem instanceof Error ? problem.message : String(problem);
      notifications.show({ color: "vermilion", title: t("Not deleted"), message });
    }
    show(id);
  };
  const undo = (id: string) => {
    pending.current.delete(id);
    show(id);
    notifications.hide(id);
  };
  const remove = (job: Job) => {
    pending.current.add(job.id);
    setHidden((ids) => new Set([...ids, job.id]));
    notifications.show({
      id: job.id,
      autoClose: REGRET_MS,
      onClose: () => void forget(job.id),
      message: (
        <Group justify="space-between" wrap="nowrap">
          <Text size="sm" lineClamp={2}>
            {t("Deleted: {{title}}", { title: titleOf(job) })}
          </Text>
          <Button variant="light" size="compact-sm" onClick={() => undo(job.id)}>
            {t("Undo")}
          </Button>
        </Group>
      ),
    });
  };
  // Who leaves has not regretted it.
  useWindowEvent("pagehide", () => {
    if (pending.current.size > 0) void forgetJobs([...pending.current]);
    pending.current.clear();
  });
  return { hidden, remove };
}
