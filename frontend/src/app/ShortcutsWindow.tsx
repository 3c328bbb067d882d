import "@mantine/core/styles/ModalBase.layer.css";
import "@mantine/core/styles/Modal.layer.css";
import "@mantine/core/styles/Overlay.layer.css";
import { Checkbox, Kbd, Modal, Text, TextInput, Title } from "@mantine/core";
import { useOs } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { Fragment, useState } from "react";
import { keysOf } from "@/components/chord";
import { t } from "@/i18n";
import classes from "./ShortcutsWindow.module.css";
import { findShortcuts, PLACES, type Shortcut } from "./shortcuts";
import { useSingleKeys } from "./use-shortcuts";

/** Every shortcut by its place, to be searched. */
export function ShortcutsWindow({ onClose }: { onClose: () => void }) {
  const [wanted, setWanted] = useState("");
  const { isOn, setOn } = useSingleKeys();
  const found = findShortcuts(PLACES, wanted);
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t("Keys")}
      closeButtonProps={{ "aria-label": t("Close") }}
    >
      <TextInput
        data-autofocus
        pt={3} // room for the ring of the focus
        type="search"
        aria-label={t("Search the keys")}
        placeholder={t("Search the keys")}
        leftSection={<IconSearch size={15} stroke={1.7} />}
        value={wanted}
        onChange={(event) => setWanted(event.currentTarget.value)}
      />
      <div className={classes.places} aria-live="polite">
        {found.map(({ name, shortcuts }) => (
          <section key={name} aria-label={name}>
            <Title order={3} className={classes.heading}>
              {name}
            </Title>
            <dl className={classes.list}>
              {shortcuts.map((each) => (
                <Row key={each.words} shortcut={each} />
              ))}
            </dl>
          </section>
        ))}
        {found.length === 0 && <Text c="dimmed">{t("No key does that.")}</Text>}
      </div>
      <Checkbox
        size="xs"
        label={t("Single characters are shortcuts everywhere")}
        checked={isOn}
        onChange={(event) => setOn(event.currentTarget.checked)}
      />
    </Modal>
  );
}

function Row({ shortcut: { words, chords } }: { shortcut: Shortcut }) {
  const isMac = useOs() === "macos";
  return (
    <div className={classes.row}>
      <dt>{words}</dt>
      <dd>
        {chords.map((chord) => (
          <span key={chord} className={classes.chord}>
            {keysOf(chord, isMac).map((key, index) => (
              <Fragment key={key}>
                {index > 0 && "+"}
                <Kbd size="xs">{key}</Kbd>
              </Fragment>
            ))}
          </span>
        ))}
      </dd>
    </div>
  );
}
