"""What the editor's API answers, one module for each subject; `apps.console.editor.routes` is the table."""
