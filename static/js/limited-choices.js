/* Choices that depend on another box of the form, as laws on the jurisdiction of a case: what that
   box holds at the moment is sent along with every search. The server does the limiting; without
   this file all choices are offered. */
(() => {
  "use strict";
  const $ = django.jQuery;
  const begin = $.fn.djangoAdminSelect2;

  /* The value of the box that `data-within` names, or the fixed one where the page has no such box. */
  const within = (select) => {
    const box = document.getElementById(`id_${select.dataset.within}`);
    return (box ? box.value : select.dataset.withinValue) || "";
  };

  $.fn.djangoAdminSelect2 = function (...given) {
    begin.apply(this, given);
    for (const select of this.get()) {
      if (!select.dataset.within) continue;
      const asking = $(select).data("select2").dataAdapter.ajaxOptions;
      const asked = asking.data;
      asking.data = function (params) {
        return { ...asked.call(this, params), within: within(select) };
      };
    }
    return this;
  };
})();
