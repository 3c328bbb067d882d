import { Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import type { Gpu } from "@/api/gen";
import { memoryQuery } from "@/api/system";
import { spanInWords } from "@/components/words";
import { DeviceCard } from "./DeviceCard";
import classes from "./Memory.module.css";
import { age_s, allReleases, allTickets, machinesOf, modelOfProfile } from "./memory";
import panel from "./SystemPage.module.css";
import { bytesInWords, causeInWords, serviceInWords, WORDS } from "./words";

const RELEASES_SHOWN = 5;

/** Devices with their leases, on one machine or several, who waits, and what came back of late. */
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
      {gpu && !error && <Books gpu={gpu} now_ms={dataUpdatedAt} />}
    </section>
  );
}

function Books({ gpu, now_ms }: { gpu: Gpu; now_ms: number }) {
  const machines = machinesOf(gpu);
  const isNamed = machines.length > 1 || gpu.silent.length > 0;
  return (
    <>
      {machines.map(({ machine, devices, leases }) => (
        <Fragment key={machine}>
          {isNamed && (
            <Title order={4} className={panel.subheading}>
              {machine || WORDS.thisMachine}
            </Title>
          )}
          {devices.map((device) => (
            <DeviceCard key={device.id} device={device} leases={leases} now_ms={now_ms} />
          ))}
        </Fragment>
      ))}
      {gpu.silent.map((machine) => (
        <Text key={machine} size="sm" c="var(--alarm)">
          {WORDS.silent(machine)}
        </Text>
      ))}
      <Text size="xs" c="dimmed">
        {WORDS.swaps(machines.reduce((sum, each) => sum + each.swaps_last_hour, 0))}
      </Text>
      <Tickets tickets={allTickets(gpu)} />
      <Releases releases={allReleases(gpu)} now_ms={now_ms} />
    </>
  );
}

function Tickets({ tickets }: { tickets: ReturnType<typeof allTickets> }) {
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
          <li key={ticket.key} className={classes.row}>
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

interface ReleasesProps {
  releases: ReturnType<typeof allReleases>;
  now_ms: number;
}

function Releases({ releases, now_ms }: ReleasesProps) {
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
          <li key={release.key} className={classes.row}>
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
