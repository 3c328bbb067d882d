import { useSessionStorage } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { capabilitiesQuery, capabilityNamed } from "@/api/capabilities";
import type { Settings } from "@/api/job";
import type { GuidedWay } from "@/features/edit/task";
import { serviceOf, WORDS, whyOff } from "@/features/edit/ways";
import { firstLarge } from "@/features/generate/factors";
import { isLarge, reachOf } from "@/features/generate/large";
import { numbersOf } from "@/form/draft";
import { PAINTING, TILING, whyNoTiling } from "@/form/tiling";
import type { WayOffer } from "@/form/WayPicker";
import { t } from "@/i18n";

/** The ways to a new picture, as the page offers them. A tiled one is told from its size alone. */
export type GenerateWay = "text" | GuidedWay | "tiled";

const TEXT = { name: t("Text"), purpose: t("Paints what you describe.") };
const TILED = {
  name: t("Tiled"),
  purpose: t("Paints larger than the model can at once, tile by tile."),
};

/** Which guided way to a new picture is open, if one is. */
export function useGuidedWay() {
  const [guided, setGuided] = useSessionStorage<GuidedWay | null>({
    key: "limner.guided",
    defaultValue: null,
    getInitialValueInEffect: false,
  });
  return { guided, setGuided };
}

interface WaysOptions {
  draft: Settings;
  guided: GuidedWay | null;
  onDraft: (draft: Settings) => void;
  onGuided: (guided: GuidedWay | null) => void;
}

/** The way to a new picture that is open, which there are, and how to take another. */
export function useGenerateWays({ draft, guided, onDraft, onGuided }: WaysOptions) {
  const { data: capabilities } = useQuery(capabilitiesQuery);
  if (!capabilities) return null;
  const service = (name: string) => capabilityNamed(capabilities, name);
  const models = service("t2i")?.models ?? [];
  const model = models.find(({ name }) => name === draft.model) ?? models[0];
  const reach = model && reachOf(model, service(TILING));
  const size = model && numbersOf(draft, model);
  const isTiled = Boolean(model && reach && size && isLarge(size, model, reach));

  const guidedOffer = (way: GuidedWay): WayOffer<GenerateWay> => ({
    way,
    ...WORDS[way],
    off: whyOff(way, service(serviceOf(way)), draft.model),
  });
  const offers: WayOffer<GenerateWay>[] = [
    { way: "text", ...TEXT, off: null },
    guidedOffer("control"),
    guidedOffer("entities"),
    { way: "tiled", ...TILED, off: reach?.off ?? whyNoTiling(service(TILING), PAINTING) },
  ];
  const change = (way: GenerateWay) => {
    if (way === "control" || way === "entities") return onGuided(way);
    onGuided(null);
    if (way === "text" && isTiled) onDraft({ ...draft, width: null, height: null });
    const large = way === "tiled" && !isTiled && model && reach && firstLarge(size, model, reach);
    if (large) onDraft({ ...draft, ...large });
  };
  const way: GenerateWay = guided ?? (isTiled ? "tiled" : "text");
  return { way, offers, change };
}
