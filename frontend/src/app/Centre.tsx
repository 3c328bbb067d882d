import { UnstyledButton } from "@mantine/core";
import type { ReactNode } from "react";
import { t } from "@/i18n";
import classes from "./Centre.module.css";

export type View = "canvas" | "result";

interface CentreProps {
  /** Whether there is a canvas to draw on. */
  hasCanvas: boolean;
  view: View;
  onView: (view: View) => void;
  /** Takes the place where the canvas is to be drawn. */
  onRoom: (room: HTMLElement | null) => void;
  /** The picture that is being made, or was. */
  children: ReactNode;
}

/** What one looks at: the canvas one draws on, or what becomes of it. */
export function Centre({ hasCanvas, view, onView, onRoom, children }: CentreProps) {
  const shown = hasCanvas ? view : "result";
  const viewButton = (own: View) => ({
    className: classes.view,
    "aria-pressed": own === view,
    onClick: () => onView(own),
  });
  return (
    <>
      {hasCanvas && (
        // biome-ignore lint/a11y/useSemanticElements: buttons in a row are no fieldset of a form.
        <div role="group" aria-label={t("View")} className={classes.switch}>
          <UnstyledButton {...viewButton("canvas")}>{t("Canvas")}</UnstyledButton>
          <UnstyledButton {...viewButton("result")}>{t("Result")}</UnstyledButton>
        </div>
      )}
      <div ref={onRoom} className={classes.room} data-shown={shown === "canvas" || undefined} />
      <div className={classes.result} data-shown={shown === "result" || undefined}>
        {children}
      </div>
    </>
  );
}
