import { useDocumentTitle } from "@mantine/hooks";
import { lazy, Suspense } from "react";
import { Gallery } from "@/features/gallery/Gallery";
import { GeneratePanel } from "@/features/generate/GeneratePanel";
import { QueueDrawer } from "@/features/queue/QueueDrawer";
import { EmptyStage } from "@/features/stage/EmptyStage";
import { Stage } from "@/features/stage/Stage";
import { Announcer } from "./Announcer";
import classes from "./App.module.css";
import { ConnectionStrip } from "./ConnectionStrip";
import { DropZones } from "./DropZones";
import { Header } from "./Header";
import { ReplacingStrip } from "./ReplacingStrip";
import type { Mode } from "./use-forms";
import { useStudio } from "./use-studio";

// Its canvas and fields are no part of the first load.
const EditPanel = lazy(async () => ({
  default: (await import("@/features/edit/EditPanel")).EditPanel,
}));

const HINTS: Record<Mode, string> = {
  generate: "Describe a picture and press Generate.",
  edit: "Add a picture and say what shall become of it.",
};

/** The studio: the form, the stage with the history below it, and the queue. */
export function App() {
  const studio = useStudio();
  const { forms, form, queue, stage, history } = studio;
  useDocumentTitle(queue.active.length > 0 ? `(${queue.active.length}) Limner` : "Limner");
  return (
    <>
      <Header mode={forms.mode} onMode={forms.setMode} activeCount={queue.active.length} />
      <ConnectionStrip />
      <div className={classes.studio}>
        <aside className={classes.form} ref={studio.settings} aria-label="Settings">
          <ReplacingStrip job={studio.replacing.replaced} onKeep={studio.replacing.keep} />
          {forms.mode === "edit" ? (
            <Suspense>
              <EditPanel {...form} task={forms.task} onTask={forms.setTask} />
            </Suspense>
          ) : (
            <GeneratePanel {...form} />
          )}
        </aside>
        <main className={classes.centre} ref={studio.centre}>
          {stage ? (
            <Stage {...stage} />
          ) : (
            history.isLoaded && <EmptyStage hint={HINTS[forms.mode]} />
          )}
        </main>
        <aside className={classes.queue} id="queue" aria-label="Queue">
          <QueueDrawer {...queue} />
        </aside>
        <div className={classes.history}>
          <Gallery {...history.gallery} />
        </div>
      </div>
      <DropZones {...studio.drops} />
      <Announcer jobs={studio.told} />
    </>
  );
}
