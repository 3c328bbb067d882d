import { Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { estimateQuery } from "@/api/estimate";
import type { Order } from "@/api/job";
import { activeQuery } from "@/api/jobs";
import { lineQuery, queueQuery } from "@/api/queue";
import classes from "./PlanLine.module.css";
import { fitOf, planOf } from "./plan";

// The queue beside the form fetches them; here they are only read.
const READ = { enabled: false } as const;
const SETTLED_MS = 400; // whoever types or slides is not done yet

/** Whether the run fits into memory, how long it would take, and when it would begin. */
export function PlanLine({ order }: { order: Order | null }) {
  const { data: active = [] } = useQuery({ ...activeQuery, ...READ });
  const { data: line } = useQuery({ ...lineQuery, ...READ });
  const { data: told } = useQuery({ ...queueQuery, ...READ });
  const plan = planOf({ active, queue: told ?? line, eta_s: line?.eta_s ?? null });
  const [settled] = useDebouncedValue(JSON.stringify(order), SETTLED_MS);
  const asked = JSON.parse(settled) as Order | null;
  // Without an answer, as while memory cannot be asked about, the rest is said all the same.
  const { data: estimate, isPlaceholderData, isError } = useQuery(estimateQuery(asked));
  const fit = order && estimate && !isError ? fitOf(estimate) : null;
  if (fit === null && plan === null) return null;
  return (
    <Text size="sm" c="dimmed">
      {fit && (
        <span
          className={classes.fit}
          title={estimate?.reason}
          data-old={isPlaceholderData || undefined}
          data-never={estimate?.fit === "never" || undefined}
        >
          {fit}{" "}
        </span>
      )}
      {plan}
    </Text>
  );
}
