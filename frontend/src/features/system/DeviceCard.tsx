import { Text } from "@mantine/core";
import type { CSSProperties } from "react";
import type { GpuDevice, GpuLease } from "@/api/gen";
import { spanInWords } from "@/components/words";
import { t } from "@/i18n";
import classes from "./Memory.module.css";
import { age_s, doingOf, modelOfProfile, type Segment, segmentsOf } from "./memory";
import { bytesInWords, serviceInWords, WORDS } from "./words";

interface DeviceCardProps {
  device: GpuDevice;
  leases: readonly GpuLease[];
  /** When all this was so, in ms since the epoch. */
  now_ms: number;
}

/** One device: a bar of who holds what, and the same in words. */
export function DeviceCard({ device, leases, now_ms }: DeviceCardProps) {
  const segments = segmentsOf(device, leases);
  const free = segments.find(({ use }) => use === "free")?.bytes ?? 0;
  const summary = WORDS.free(bytesInWords(free), bytesInWords(device.capacity_bytes));
  return (
    <div className={classes.device}>
      <div className={classes.name}>
        <span>{device.name || device.id}</span>
        <span className={classes.quiet}>{summary}</span>
      </div>
      <div
        className={classes.bar}
        role="img"
        aria-label={`${device.name || device.id}: ${summary}`}
      >
        {segments.map((segment, index) => (
          <div
            key={segment.lease?.token ?? segment.use}
            className={classes.segment}
            data-use={segment.use}
            style={{ flexGrow: segment.bytes, "--rank": index } as CSSProperties}
          />
        ))}
      </div>
      <ul className={classes.list}>
        {segments
          .filter(({ use }) => use !== "free")
          .map((segment, index) => (
            <li key={segment.lease?.token ?? segment.use} className={classes.row}>
              <span className={classes.holder}>
                <span
                  className={`${classes.swatch} ${classes.segment}`}
                  data-use={segment.use}
                  style={{ "--rank": index } as CSSProperties}
                  aria-hidden
                />
                {nameOf(segment)}
              </span>
              <span className={classes.quiet}>{detailOf(segment, now_ms)}</span>
            </li>
          ))}
      </ul>
      {leases.length === 0 && (
        <Text size="sm" c="dimmed">
          {WORDS.nobody}
        </Text>
      )}
      {device.draining && <Text size="sm">{WORDS.draining}</Text>}
      {device.health !== "ok" && (
        <Text size="sm" c="var(--alarm)">
          {WORDS.ill(device.health)}
        </Text>
      )}
    </div>
  );
}

function nameOf({ use, lease }: Segment): string {
  if (lease)
    return t("{{profile}} for {{holder}}", {
      profile: modelOfProfile(lease.profile),
      holder: serviceInWords(lease.holder),
    });
  return use === "foreign" ? WORDS.foreign : WORDS.reserve;
}

function detailOf({ bytes, lease }: Segment, now_ms: number): string {
  const size = bytesInWords(bytes);
  if (!lease) return size;
  const since = lease.granted_at
    ? ` ${WORDS.since(spanInWords(age_s(lease.granted_at, now_ms)))}`
    : "";
  return `${size}, ${lease.tier}, ${WORDS.doing[doingOf(lease)]}${since}`;
}
