import "@fontsource-variable/instrument-sans/wght.css";
import "@fontsource/newsreader/400.css";
import "./app/mantine.css";
import "./app/global.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { Providers } from "./app/Providers";
import { LANGUAGE } from "./i18n";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id root.");

document.documentElement.lang = LANGUAGE === "zh" ? "zh-Hans" : "en";
createRoot(root).render(
  <StrictMode>
    <Providers>
      <App />
    </Providers>
  </StrictMode>,
);
