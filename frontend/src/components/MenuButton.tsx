import { IconDots } from "@tabler/icons-react";
import { type ReactNode, Suspense, useRef } from "react";
import { IconButton } from "./IconButton";
import classes from "./MenuButton.module.css";

interface MenuButtonProps {
  label: string;
  className?: string | undefined;
  isLarge?: boolean;
  tabIndex?: number;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  /** The menu, fetched and drawn when it opens; it gets what to call when it closes. */
  children: (onChange: (isOpen: boolean) => void) => ReactNode;
}

/** A button with a menu that costs nothing until it opens: there may be hundreds. */
export function MenuButton(props: MenuButtonProps) {
  const { label, className = "", isLarge, tabIndex, isOpen, onOpen, children } = props;
  const button = useRef<HTMLButtonElement>(null);
  const change = (isOpening: boolean) => {
    onOpen(isOpening);
    if (!isOpening) button.current?.focus({ preventScroll: true });
  };
  return (
    <span className={`${classes.place} ${className}`}>
      <IconButton
        ref={button}
        className={isLarge ? classes.large : ""}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        tabIndex={tabIndex}
        onClick={() => onOpen(!isOpen)}
      >
        <IconDots size={isLarge ? 17 : 16} stroke={1.7} />
      </IconButton>
      {isOpen && <Suspense>{children(change)}</Suspense>}
    </span>
  );
}
