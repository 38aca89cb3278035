// What a person sees in an element of Home Assistant's frontend: the composed
// tree, through shadow roots and slots, without what is hidden.
(root) => {
  const texts = [];
  const fields = [];
  let step = null;
  const words = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "string") return value;
    // A lit template: Home Assistant puts the description into its values.
    return (value.values || []).map(words).join(" ");
  };
  const choices = (element) => {
    const found = [];
    const look = (node) => {
      if (node.nodeType === Node.ELEMENT_NODE) {
        if (/^HA-(DROPDOWN-ITEM|FORMFIELD|RADIO-OPTION|SELECT-BOX)$/.test(node.tagName)) {
          found.push((node.label || node.textContent || "").trim());
        }
        if (node.shadowRoot) look(node.shadowRoot);
      }
      for (const child of node.childNodes) look(child);
    };
    look(element);
    return found.filter((text) => text);
  };
  const look = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const text = node.textContent.trim();
      if (text) texts.push(text);
      return;
    }
    if (node.nodeType === Node.ELEMENT_NODE) {
      if (["STYLE", "SCRIPT", "TEMPLATE"].includes(node.tagName)) return;
      const boxless = node.tagName === "SLOT" || getComputedStyle(node).display === "contents";
      if (!boxless && !node.checkVisibility({ visibilityProperty: true })) return;
      if (node.tagName.startsWith("STEP-FLOW-")) {
        const { step_id = null, reason = null, errors = null } = node.step || {};
        step = { kind: node.tagName.toLowerCase().slice(10), step_id, reason, errors };
      }
      if (node.tagName === "HA-SELECTOR") {
        fields.push({
          name: node.name,
          kind: Object.keys(node.selector)[0],
          label: node.label || "",
          description: words(node.helper).trim(),
          choices: choices(node),
        });
      }
      if (node.tagName === "SLOT") {
        const assigned = node.assignedNodes();
        for (const child of assigned.length ? assigned : node.childNodes) look(child);
        return;
      }
      if (node.shadowRoot) {
        look(node.shadowRoot);
        return;
      }
    }
    for (const child of node.childNodes) look(child);
  };
  look(root);
  return { text: texts.join("\n"), fields, step };
}
