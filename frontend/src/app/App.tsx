import { useDisclosure, useDocumentTitle } from "@mantine/hooks";
import { lazy, Suspense } from "react";
import { Gallery } from "@/features/gallery/Gallery";
import { QueueDrawer } from "@/features/queue/QueueDrawer";
import { EmptyStage } from "@/features/stage/EmptyStage";
import { Stage } from "@/features/stage/Stage";
import { t } from "@/i18n";
import { Announcer } from "./Announcer";
import classes from "./App.module.css";
import { Centre } from "./Centre";
import { ConnectionStrip } from "./ConnectionStrip";
import { DropZones } from "./DropZones";
import { Form } from "./Form";
import { Header } from "./Header";
import { ReplacingStrip } from "./ReplacingStrip";
import { hasCanvas } from "./use-centre";
import type { Mode } from "./use-forms";
import { usePage } from "./use-page";
import { useShortcuts } from "./use-shortcuts";
import { useStudio } from "./use-studio";

const HINTS: Record<Mode, string> = {
  generate: t("Describe a picture and press Generate."),
  edit: t("Add a picture and say what shall become of it."),
};

// No part of the first load.
const ShortcutsWindow = lazy(async () => ({
  default: (await import("./ShortcutsWindow")).ShortcutsWindow,
}));
const SystemPage = lazy(async () => ({
  default: (await import("@/features/system/SystemPage")).SystemPage,
}));

/** The studio: the form, the stage with the history below it, and the queue. */
export function App() {
  const studio = useStudio();
  const { isSystem, openStudio } = usePage();
  const { forms, form, view, queue, stage, history } = studio;
  const [isKeysOpen, keys] = useDisclosure();
  const change = (mode: Mode) => {
    openStudio();
    forms.setMode(mode);
  };
  useShortcuts({
    help: keys.open,
    generate: () => change("generate"),
    edit: () => studio.isEditKnown && change("edit"),
  });
  useDocumentTitle(queue.active.length > 0 ? `(${queue.active.length}) Limner` : "Limner");
  return (
    <>
      <Header
        mode={forms.mode}
        isSystem={isSystem}
        onMode={change}
        activeCount={queue.active.length}
        onKeys={keys.open}
      />
      <ConnectionStrip />
      {isSystem && (
        <Suspense>
          <SystemPage />
        </Suspense>
      )}
      <div className={classes.studio} hidden={isSystem}>
        <aside className={classes.form} ref={studio.settings} aria-label={t("Settings")}>
          <ReplacingStrip job={studio.replacing.replaced} onKeep={studio.replacing.keep} />
          <Form {...form} forms={forms} room={view.room} />
        </aside>
        <main className={classes.centre} ref={studio.centre}>
          <Centre
            hasCanvas={hasCanvas(forms)}
            view={view.view}
            onView={view.setView}
            onRoom={view.setRoom}
          >
            {stage ? (
              <Stage {...stage} />
            ) : (
              history.isLoaded && <EmptyStage hint={HINTS[forms.mode]} />
            )}
          </Centre>
        </main>
        <aside className={classes.queue} id="queue" aria-label={t("Queue")}>
          <QueueDrawer {...queue} />
        </aside>
        <div className={classes.history}>
          <Gallery {...history.gallery} />
        </div>
      </div>
      {isKeysOpen && (
        <Suspense>
          <ShortcutsWindow onClose={keys.close} />
        </Suspense>
      )}
      <DropZones {...studio.drops} />
      <Announcer jobs={studio.told} />
    </>
  );
}
