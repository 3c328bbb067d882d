import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

// Named after the pigments of the miniature painters whom the studio is named after.
const verdigris: MantineColorsTuple = [
  "#e9f7f3",
  "#d2ede5",
  "#a5dccc",
  "#74c9b3",
  "#4fb89e",
  "#35a88c",
  "#1f8d74",
  "#12745f",
  "#0a5c4b",
  "#05453a",
];
const vermilion: MantineColorsTuple = [
  "#fdeeea",
  "#f9d9d1",
  "#f3b1a2",
  "#ec8670",
  "#e66448",
  "#dd4f33",
  "#c8412a",
  "#ab3522",
  "#8a2a1c",
  "#6a2016",
];
const orpiment: MantineColorsTuple = [
  "#fdf6e3",
  "#f9eac3",
  "#f2d58b",
  "#eabf52",
  "#e0ab2c",
  "#c99212",
  "#a8780b",
  "#866007",
  "#694b08",
  "#4e380a",
];
const slate: MantineColorsTuple = [
  "#e8eceb",
  "#c6cecb",
  "#a3aeaa",
  "#8b9793",
  "#5f6b67",
  "#3c4643",
  "#2b3431",
  "#1d2422",
  "#151b19",
  "#101514",
];

export const theme = createTheme({
  colors: { verdigris, vermilion, orpiment, dark: slate },
  primaryColor: "verdigris",
  primaryShade: { light: 7, dark: 4 },
  black: "#17201d",
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily: "'Instrument Sans Variable', system-ui, sans-serif",
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.9375rem", lg: "1.0625rem", xl: "1.25rem" },
  lineHeights: { xs: "1.35", sm: "1.4", md: "1.5", lg: "1.5", xl: "1.4" },
  radius: { xs: "3px", sm: "5px", md: "8px", lg: "12px", xl: "18px" },
  headings: { fontWeight: "600" },
  components: {
    Button: {
      // Mantine picks one text colour for both schemes; here each has its own.
      vars: (_: unknown, { variant = "filled" }: { variant?: string }) => ({
        root:
          variant === "filled"
            ? {
                "--button-bg": "var(--accent)",
                "--button-hover": "var(--accent-strong)",
                "--button-color": "var(--on-accent)",
              }
            : {},
      }),
    },
    Tooltip: { defaultProps: { openDelay: 350, withArrow: true } },
    // Its placeholder for the focus is no item, which a menu may not contain.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
  },
});

/** Points Mantine at the surfaces and inks of global.css, which know both colour schemes. */
export const cssVariables: CSSVariablesResolver = () => {
  const variables = {
    "--mantine-color-body": "var(--surface-page)",
    "--mantine-color-text": "var(--ink)",
    "--mantine-color-dimmed": "var(--ink-quiet)",
    "--mantine-color-placeholder": "var(--ink-faint)",
    "--mantine-color-error": "var(--alarm)",
    "--mantine-color-default": "var(--surface-raised)",
    "--mantine-color-default-hover": "var(--accent-wash)",
    "--mantine-color-default-color": "var(--ink)",
    "--mantine-color-default-border": "var(--line-strong)",
    "--mantine-color-verdigris-light": "var(--accent-wash)",
    "--mantine-color-verdigris-light-hover": "var(--accent-wash-strong)",
    "--mantine-color-verdigris-light-color": "var(--accent)",
    "--mantine-color-disabled": "var(--line)",
    "--mantine-color-disabled-color": "var(--ink-quiet)",
  };
  return { variables: {}, light: variables, dark: variables };
};
