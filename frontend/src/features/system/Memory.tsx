import { Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Gpu } from "@/api/gen";
import { memoryQuery } from "@/api/system";
import { spanInWords } from "@/components/words";
import { DeviceCard } from "./DeviceCard";
import classes from "./Memory.module.css";
import { age_s, modelOfProfile } from "./memory";
import panel from "./SystemPage.module.css";
import { bytesInWords, causeInWords, serviceInWords, WORDS } from "./words";

const RELEASES_SHOWN = 5;

/** Devices with their leases, who waits, and what came back of late. */
export function Memory() {
  const { data: gpu, error, dataUpdatedAt } = useQuery(memoryQuery);
  return (
    <section className={panel.panel} aria-label={WORDS.memory}>
      <Title order={3} className={panel.heading}>
        {WORDS.memory}
      </Title>
      {error && (
        <Text size="sm" c="var(--alarm)" role="status">
          {WORDS.unreachable(error.message)}
        </Text>
      )}
      {gpu && !error && (
        <>
          {gpu.devices.map((device) => (
            <DeviceCard
              key={device.id}
              device={device}
              leases={gpu.leases}
              now_ms={dataUpdatedAt}
            />
          ))}
          <Text size="xs" c="dimmed">
            {WORDS.swaps(gpu.swaps_last_hour)}
          </Text>
          <Tickets tickets={gpu.tickets} />
          <Releases releases={gpu.last_releases} now_ms={dataUpdatedAt} />
        </>
      )}
    </section>
  );
}

function Tickets({ tickets }: Pick<Gpu, "tickets">) {
  return (
    <div>
      <Title order={4} className={panel.subheading}>
        {WORDS.waiting}
      </Title>
      {tickets.length === 0 && (
        <Text size="sm" c="dimmed">
          {WORDS.noWaiting}
        </Text>
      )}
      <ul className={classes.list}>
        {tickets.map((ticket) => (
          <li key={ticket.ticket} className={classes.row}>
            <span>
              {serviceInWords(ticket.holder)}, {modelOfProfile(ticket.profile)}
            </span>
            <span className={classes.quiet}>
              {WORDS.waits(
                spanInWords(ticket.waited_s),
                ticket.wait_bound_s === null ? null : spanInWords(ticket.wait_bound_s),
              )}{" "}
              {ticket.waiting_for && WORDS.waitsFor(ticket.waiting_for)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Releases({ releases, now_ms }: { releases: Gpu["last_releases"]; now_ms: number }) {
  return (
    <div>
      <Title order={4} className={panel.subheading}>
        {WORDS.releases}
      </Title>
      {releases.length === 0 && (
        <Text size="sm" c="dimmed">
          {WORDS.noReleases}
        </Text>
      )}
      <ul className={classes.list}>
        {releases.slice(0, RELEASES_SHOWN).map((release) => (
          <li key={release.token} className={classes.row}>
            <span>
              {serviceInWords(release.holder)}, {modelOfProfile(release.profile)},{" "}
              {causeInWords(release.cause)}
              {release.released_at &&
                ` ${WORDS.ago(spanInWords(age_s(release.released_at, now_ms)))}`}
            </span>
            <span className={classes.quiet}>
              {WORDS.released(
                bytesInWords(release.charged_bytes),
                bytesInWords(release.verified_bytes),
              )}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
