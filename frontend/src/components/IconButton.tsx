import type { ComponentPropsWithRef } from "react";
import classes from "./IconButton.module.css";

interface IconButtonProps extends ComponentPropsWithRef<"button"> {
  "aria-label": string;
}

/** A small button for what there are hundreds of, drawn without Mantine's style props. */
export function IconButton({ className = "", ...props }: IconButtonProps) {
  return <button type="button" {...props} className={`${classes.button} ${className}`} />;
}
