import { capitalised, spanInWords } from "@/components/words";

/** All that the page about the machine says. */
export const WORDS = {
  title: "System",
  intro: "What the machine holds, who waits for it, and which models there are.",
  memory: "Memory",
  unreachable: (message: string) => `Memory cannot be shown: ${message}`,
  free: (free: string, total: string) => `${free} of ${total} free for models`,
  foreign: "other programs",
  reserve: "kept free",
  nobody: "No model is loaded.",
  doing: {
    busy: "at work",
    warm: "loaded and idle",
    loading: "loading",
    releasing: "being released",
    lost: "never came back",
  },
  since: (span: string) => `for ${span}`,
  ill: (health: string) => `This device is not well: ${health}.`,
  draining: "Takes no new models.",
  waiting: "Waiting for memory",
  noWaiting: "Nobody waits.",
  waits: (span: string, bound: string | null) =>
    bound ? `waits for ${span}, at most ${bound}` : `waits for ${span}`,
  waitsFor: (what: string) => `for ${what}`,
  releases: "Last released",
  ago: (span: string) => `${span} ago`,
  noReleases: "Nothing was released yet.",
  released: (charged: string, verified: string) => `${verified} verified of ${charged} held`,
  swaps: (count: number) =>
    count === 1
      ? "1 model was loaded in the last hour."
      : `${count} models were loaded in the last hour.`,
  services: "Services",
  well: "well",
  activity: "The last hour",
  finished: "Finished jobs per minute",
  waits95: "Wait before a job begins, 95 of 100 wait less",
  total: (succeeded: number, failed: number) =>
    failed > 0 ? `${succeeded} finished, ${failed} failed` : `${succeeded} finished`,
  longest: (span: string) => `at most ${span}`,
  hourAgo: "an hour ago",
  now: "now",
  noJobs: "No job ended in the last hour.",
  models: "Models",
  modelsFor: (device: string) => `How each would run is told for ${device}.`,
  noModels: (message: string) => `Models cannot be listed: ${message}`,
  here: "here",
  builtIn: "built in",
  size: (text: string, isExact: boolean) => (isExact ? text : `about ${text}`),
  nonCommercial: "not for commercial use",
  tier: (tier: string) => `runs as ${tier}`,
  doesNotFit: "does not run here",
  kinds: { checkpoint: "", control: "ControlNet", lora: "LoRA" },
  accept: "I have read the licence and accept it",
  licence: "Read the licence",
  download: "Download",
  fetched: (size: string) => `${size} is here already`,
  goOn: "Go on downloading",
  cancel: "Cancel",
  queued: "Waits for another download.",
  checking: (file: string) => (file ? `Fetching ${file}` : "Asking the hub"),
  speed: (speed: string, eta_s: number | null) =>
    eta_s === null ? `${speed}/s` : `${speed}/s, about ${spanInWords(eta_s)}`,
  done: (done: string, total: string) => `${done} of ${total}`,
  show: "Show",
  filters: { all: "All", here: "Here", fitting: "That run here" },
} as const;

const CAUSES: Record<string, string> = {
  released: "given back",
  died: "its process ended",
  fenced: "its process was ended",
};

/** Why memory came back. */
export function causeInWords(cause: string): string {
  return CAUSES[cause] ?? cause.replaceAll("_", " ");
}

const SERVICES: Record<string, string> = {
  t2i: "Text to image",
  edit: "Editing",
  tiling: "Tiles and upscaling",
  arbiter: "Memory arbiter",
  database: "Job database",
};

/** What a part of the studio is called. */
export function serviceInWords(name: string): string {
  return SERVICES[name] ?? capitalised(name);
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
