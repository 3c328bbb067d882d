import { Menu } from "@mantine/core";
import type { ReactNode } from "react";
import { MENU_HEIGHT, MENU_PLACE } from "./menu-place";
import classes from "./OpenMenu.module.css";

interface OpenMenuProps {
  label: string;
  position: "bottom-start" | "bottom-end";
  onChange: (isOpen: boolean) => void;
  children: ReactNode;
}

/** The open menu of a MenuButton. */
export function OpenMenu({ label, position, onChange, children }: OpenMenuProps) {
  return (
    <Menu opened onChange={onChange} position={position} withinPortal middlewares={MENU_PLACE}>
      <Menu.Target>
        <span className={classes.anchor} role="img" aria-hidden aria-label={label} />
      </Menu.Target>
      <Menu.Dropdown mah={MENU_HEIGHT} style={{ overflowY: "auto" }}>
        {children}
      </Menu.Dropdown>
    </Menu>
  );
}
