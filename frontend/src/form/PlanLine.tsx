import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { activeQuery } from "@/api/jobs";
import { lineQuery, queueQuery } from "@/api/queue";
import { planOf } from "./plan";

// The queue beside the form fetches them; here they are only read.
const READ = { enabled: false } as const;

/** When the run would begin. */
export function PlanLine() {
  const { data: active = [] } = useQuery({ ...activeQuery, ...READ });
  const { data: line } = useQuery({ ...lineQuery, ...READ });
  const { data: told } = useQuery({ ...queueQuery, ...READ });
  const plan = planOf({ active, queue: told ?? line, eta_s: line?.eta_s ?? null });
  if (plan === null) return null;
  return (
    <Text size="sm" c="dimmed">
      {plan}
    </Text>
  );
}
