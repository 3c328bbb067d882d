import { Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { activityQuery } from "@/api/system";
import { spanInWords } from "@/components/words";
import { Chart } from "./Chart";
import { hourOf } from "./chart";
import panel from "./SystemPage.module.css";
import { WORDS } from "./words";

/** How much was done in the last hour, and how long it waited. */
export function Activity() {
  const { data: activity } = useQuery(activityQuery);
  if (!activity) return null;
  const { minutes } = activity;
  const { succeeded, failed, longestWait_s } = hourOf(minutes);
  return (
    <section className={panel.panel} aria-label={WORDS.activity}>
      <Title order={3} className={panel.heading}>
        {WORDS.activity}
      </Title>
      {succeeded + failed === 0 ? (
        <Text size="sm" c="dimmed">
          {WORDS.noJobs}
        </Text>
      ) : (
        <>
          <Chart
            title={WORDS.finished}
            summary={WORDS.total(succeeded, failed)}
            values={minutes.map((minute) => minute.succeeded)}
          />
          {longestWait_s !== null && (
            <Chart
              title={WORDS.waits95}
              summary={WORDS.longest(spanInWords(longestWait_s))}
              values={minutes.map((minute) => minute.wait_p95_s)}
            />
          )}
        </>
      )}
    </section>
  );
}
