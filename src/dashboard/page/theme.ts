// Runs before the first paint, as a classic script: a page that turns dark later would flash.
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = localStorage.getItem("theme");
    const theme = chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = theme;
    dispatchEvent(new Event("dashboard-theme")); // for what is drawn on a canvas
  };
  apply();
  dark.addEventListener("change", apply);
  addEventListener("dashboard-theme-chosen", apply);
}
