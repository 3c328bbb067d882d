import { useConnection } from "@/api/live-updates";
import { t } from "@/i18n";
import classes from "./ConnectionStrip.module.css";

/** Says quietly that the studio cannot be heard; goes away by itself. */
export function ConnectionStrip() {
  const isLost = useConnection() === "lost";
  return (
    <div role="status">
      {isLost && (
        <p className={classes.strip}>{t("Connection lost. Trying again; your jobs go on.")}</p>
      )}
    </div>
  );
}
