import { screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { aJob } from "@/testing/jobs";
import { show } from "@/testing/render";
import { QueueDrawer } from "./QueueDrawer";

const running = aJob({
  id: "1",
  status: "running",
  progress: { stage: "denoising", step: 5, eta_s: 12 },
});
const waiting = aJob({
  id: "2",
  status: "queued",
  request: { prompt: "a blue star" },
  progress: { queue_position: 1 },
});
const failed = aJob({
  id: "3",
  status: "failed",
  request: { prompt: "a huge square" },
  error: { code: "NEVER_FITS", message: "It can never fit. Choose a smaller size." },
});

function open(change: Partial<Parameters<typeof QueueDrawer>[0]> = {}) {
  const actions = { onSelect: vi.fn(), onCancel: vi.fn(), onRetry: vi.fn(), onDismiss: vi.fn() };
  show(
    <QueueDrawer active={[]} failed={[]} heldUpBy={null} problem={null} {...actions} {...change} />,
  );
  return actions;
}

test("cards tell stage, time and place", () => {
  open({ active: [running, waiting] });
  const [first, second] = screen.getAllByRole("listitem");
  expect(first).toHaveTextContent("a red circleStep 5 of 20about 12 s");
  expect(within(first as HTMLElement).getByRole("progressbar")).toHaveAttribute(
    "aria-valuenow",
    "25",
  );
  expect(second).toHaveTextContent("a blue starNext in line");
});

test("each card cancels its own job, once", async () => {
  const { onCancel } = open({ active: [running, { ...waiting, status: "cancelling" }] });
  await userEvent.click(screen.getByRole("button", { name: "Cancel: a red circle" }));
  expect(onCancel).toHaveBeenCalledExactlyOnceWith(running);
  expect(screen.getByRole("button", { name: "Cancel: a blue star" })).toBeDisabled();
});

test("a failed job says its cause and offers the next step", async () => {
  const { onRetry, onDismiss } = open({ failed: [failed] });
  expect(screen.getByText("It can never fit. Choose a smaller size.")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Try again: a huge square" }));
  await userEvent.click(screen.getByRole("button", { name: "Dismiss: a huge square" }));
  expect(onRetry).toHaveBeenCalledExactlyOnceWith(failed);
  expect(onDismiss).toHaveBeenCalledExactlyOnceWith(failed);
});

test("a queue that is held up says by what", () => {
  open({ active: [waiting], heldUpBy: "the text-to-image service does not answer" });
  expect(screen.getByText(/the text-to-image service does not answer/)).toBeVisible();
});
