// Copies the text of another element; without script the text can be selected as it stands.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = "Copied";
  } catch {
    const selection = window.getSelection();
    selection.selectAllChildren(source);
    button.textContent = "Press Ctrl+C";
  }
});
