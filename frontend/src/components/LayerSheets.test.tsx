import { screen, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { show } from "@/testing/render";
import { LayerSheets } from "./LayerSheets";

const layers = ["a", "b", "c"].map((id) => ({
  id,
  url: `/images/${id}`,
  width: 64,
  height: 64,
  seed: 7,
}));

test("each layer is shown, the foremost first, and can be downloaded and hidden", async () => {
  const user = userEvent.setup();
  show(<LayerSheets layers={layers} />);
  const list = screen.getByRole("list", { name: "Layers of the picture" });
  expect(
    within(list)
      .getAllByRole("img")
      .map((image) => image.getAttribute("alt")),
  ).toEqual(["Layer 3, in front", "Layer 2", "Layer 1, at the back"]);
  const link = screen.getByRole("link", { name: "Download Layer 2" });
  expect(link).toHaveAttribute("href", "/images/b");
  expect(link).toHaveAttribute("download", "limner-7-layer-2.png");

  const stacked = () => document.querySelectorAll("img[alt='']").length;
  expect(stacked()).toBe(3);
  await user.click(screen.getByRole("button", { name: "Hide Layer 2" }));
  expect(stacked()).toBe(2);
  await user.click(screen.getByRole("button", { name: "Show Layer 2" }));
  expect(stacked()).toBe(3);
});
