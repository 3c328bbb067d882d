import { Anchor } from "@mantine/core";
import type { CatalogueModel } from "@/api/gen";
import { isUnderWay } from "@/api/system";
import { DownloadBar } from "./DownloadBar";
import { DownloadForm } from "./DownloadForm";
import classes from "./Models.module.css";
import { diskInWords, WORDS } from "./words";

/** One model: what it is, how it would run, and the way to have it. */
export function ModelCard({ model }: { model: CatalogueModel }) {
  const { download } = model;
  return (
    <li className={classes.card}>
      <span className={classes.name}>{model.title}</span>
      <Tags model={model} />
      <span className={classes.note}>
        {model.license_url ? (
          <Anchor
            href={model.license_url}
            target="_blank"
            rel="noreferrer"
            underline="always"
            inherit
          >
            {model.license}
          </Anchor>
        ) : (
          model.license
        )}
        {!model.commercial_use && !model.is_present && `, ${WORDS.nonCommercial}`}
      </span>
      <span className={classes.note}>{model.note}</span>
      {download && isUnderWay(download) && <DownloadBar model={model} download={download} />}
      {!model.is_present && !(download && isUnderWay(download)) && <DownloadForm model={model} />}
    </li>
  );
}

function Tags({ model }: { model: CatalogueModel }) {
  const { kind, size_bytes, size_is_exact, is_present, built_in, tier } = model;
  const runs = kind === "checkpoint";
  return (
    <span className={classes.tags}>
      {is_present && (
        <span className={classes.tag} data-good>
          {built_in ? WORDS.builtIn : WORDS.here}
        </span>
      )}
      {runs && (
        <span
          className={classes.tag}
          data-good={tier !== "" || undefined}
          data-bad={tier === "" || undefined}
        >
          {tier ? WORDS.tier(tier) : WORDS.doesNotFit}
        </span>
      )}
      {!runs && <span className={classes.tag}>{WORDS.kinds[kind]}</span>}
      {size_bytes > 0 && (
        <span className={classes.tag}>{WORDS.size(diskInWords(size_bytes), size_is_exact)}</span>
      )}
    </span>
  );
}
