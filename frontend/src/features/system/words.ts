import { capitalised, spanInWords } from "@/components/words";
import { t } from "@/i18n";

/** All that the page about the machine says. */
export const WORDS = {
  title: t("System"),
  intro: t("What the machine holds, who waits for it, and which models there are."),
  memory: t("Memory"),
  unreachable: (message: string) => t("Memory cannot be shown: {{message}}", { message }),
  thisMachine: t("This machine"),
  silent: (machine: string) => t("{{machine}} does not answer.", { machine }),
  free: (free: string, total: string) =>
    t("{{free}} of {{total}} free for models", { free, total }),
  foreign: t("other programs"),
  reserve: t("kept free"),
  nobody: t("No model is loaded."),
  doing: {
    busy: t("at work"),
    warm: t("loaded and idle"),
    loading: t("loading"),
    releasing: t("being released"),
    lost: t("never came back"),
  },
  since: (span: string) => t("for {{span}}", { span }),
  ill: (health: string) => t("This device is not well: {{health}}.", { health }),
  draining: t("Takes no new models."),
  waiting: t("Waiting for memory"),
  noWaiting: t("Nobody waits."),
  waits: (span: string, bound: string | null) =>
    bound
      ? t("waits for {{span}}, at most {{bound}}", { span, bound })
      : t("waits for {{span}}", { span }),
  waitsFor: (what: string) => t("for {{what}}", { what }),
  releases: t("Last released"),
  ago: (span: string) => t("{{span}} ago", { span }),
  noReleases: t("Nothing was released yet."),
  released: (charged: string, verified: string) =>
    t("{{verified}} verified of {{charged}} held", { verified, charged }),
  swaps: (count: number) => t("{{count}} models were loaded in the last hour.", { count }),
  services: t("Services"),
  well: t("well"),
  activity: t("The last hour"),
  finished: t("Finished jobs per minute"),
  waits95: t("Wait before a job begins, 95 of 100 wait less"),
  total: (succeeded: number, failed: number) =>
    failed > 0
      ? t("{{succeeded}} finished, {{failed}} failed", { succeeded, failed })
      : t("{{succeeded}} finished", { succeeded }),
  longest: (span: string) => t("at most {{span}}", { span }),
  hourAgo: t("an hour ago"),
  now: t("now"),
  noJobs: t("No job ended in the last hour."),
  models: t("Models"),
  modelsFor: (device: string) => t("How each would run is told for {{device}}.", { device }),
  noModels: (message: string) => t("Models cannot be listed: {{message}}", { message }),
  here: t("here"),
  builtIn: t("built in"),
  size: (text: string, isExact: boolean) => (isExact ? text : t("about {{text}}", { text })),
  nonCommercial: t("not for commercial use"),
  tier: (tier: string) => t("runs as {{tier}}", { tier }),
  doesNotFit: t("does not run here"),
  kinds: { checkpoint: "", control: "ControlNet", lora: "LoRA" },
  accept: t("I have read the licence and accept it"),
  licence: t("Read the licence"),
  download: t("Download"),
  fetched: (size: string) => t("{{size}} is here already", { size }),
  goOn: t("Go on downloading"),
  cancel: t("Cancel"),
  queued: t("Waits for another download."),
  checking: (file: string) => (file ? t("Fetching {{file}}", { file }) : t("Asking the hub")),
  speed: (speed: string, eta_s: number | null) =>
    eta_s === null
      ? `${speed}/s`
      : t("{{speed}}/s, about {{span}}", { speed, span: spanInWords(eta_s) }),
  done: (done: string, total: string) => t("{{done}} of {{total}}", { done, total }),
  show: t("Show"),
  filters: { all: t("All"), here: t("Here"), fitting: t("That run here") },
} as const;

const CAUSES: Record<string, string> = {
  released: t("given back"),
  died: t("its process ended"),
  fenced: t("its process was ended"),
};

/** Why memory came back. */
export function causeInWords(cause: string): string {
  return CAUSES[cause] ?? cause.replaceAll("_", " ");
}

const SERVICES: Record<string, string> = {
  t2i: t("Text to image"),
  edit: t("Editing"),
  tiling: t("Tiles and upscaling"),
  arbiter: t("Memory arbiter"),
  database: t("Job database"),
};

/** What a part of the studio is called. */
export function serviceInWords(name: string): string {
  const [, service = name, number] = /^(.+)-(\d+)$/.exec(name) ?? [];
  const words = SERVICES[service] ?? capitalised(service);
  return number ? `${words} ${number}` : words;
}

const GIB = 2 ** 30;
const MIB = 2 ** 20;

/** Memory, in powers of two: "15.6 GiB", "312 MiB". */
export function bytesInWords(bytes: number): string {
  if (bytes >= GIB) return `${(bytes / GIB).toFixed(bytes >= 100 * GIB ? 0 : 1)} GiB`;
  return `${Math.round(bytes / MIB)} MiB`;
}

/** What lies on a disk, in powers of ten, as hubs and disks tell it. */
export function diskInWords(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}
