"""Using the pages: filter as one types, keyboard, theme, drawer, override, expired session."""

from __future__ import annotations

from playwright.sync_api import expect

from tenure.health.models import AccountHealth


def test_the_list_follows_the_search_and_the_address_follows_the_list(browse, customers, bob):
    window = browse(bob)
    page = window.open("/accounts/")
    page.keyboard.press("/")
    page.keyboard.type(customers[3].name[:12])
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#count")).to_have_text("1 account")
    assert "q=Gesellschaft" in page.url
    page.go_back()
    expect(page.locator("#rows tr")).to_have_count(31)  # thirty, and the way to more
    window.check()


def test_filters_add_up_and_can_be_taken_away(browse, customers, bob):
    window = browse(bob)
    page = window.open("/accounts/")
    page.click("summary:has-text('Risk')")
    page.check("input[name=risk][value=high]")
    page.wait_for_url("**risk=high**")
    page.keyboard.press("Escape")
    page.click("summary:has-text('Segment')")
    page.check("input[name=segment][value=enterprise]")
    page.wait_for_url("**segment=enterprise**risk=high**")
    page.keyboard.press("Escape")
    expect(page.locator(".conditions .chip")).to_have_count(2)
    page.click(".conditions .chip >> nth=0")
    page.wait_for_url("**/accounts/?risk=high")
    window.check()


def test_more_rows_come_at_the_end_of_the_list(browse, customers, bob):
    page = browse(bob).open("/accounts/")
    expect(page.locator(".row-pick")).to_have_count(30)
    page.locator("text=Show more").scroll_into_view_if_needed()
    expect(page.locator(".row-pick")).to_have_count(60)


def test_sorting_keeps_the_filter(browse, customers, bob):
    page = browse(bob).open("/accounts/?segment=enterprise")
    page.click("th a:has-text('MRR')")
    page.wait_for_url("**segment=enterprise&sort=-mrr")
    expect(page.locator("th[aria-sort=descending]")).to_have_text("MRR")


def test_bob_assigns_two_accounts_to_himself(browse, customers, bob):
    page = browse(bob).open("/accounts/")
    page.locator(".row-pick").nth(0).check()
    page.locator(".row-pick").nth(1).check()
    expect(page.locator("[data-selected-count]")).to_have_text("2 selected")
    page.select_option("#new-owner", label="Bob")
    page.click("text=Assign >> nth=-1")
    expect(page.locator(".toast-note")).to_be_visible()


def test_a_view_is_saved_and_deleted_with_a_question(browse, customers, bob):
    window = browse(bob)
    page = window.open("/accounts/?segment=enterprise")
    page.click("summary:has-text('Views')")
    page.click("text=Save this view")
    page.fill("#view-name", "Big ones")
    page.click("text=Save view")
    page.click("summary:has-text('Views')")
    page.click("button:has-text('Delete view Big ones')")
    expect(page.locator("#confirm")).to_contain_text("Big ones")
    window.check()
    page.click("text=Yes, go on")
    expect(page.locator(".toast-note")).to_contain_text("deleted")


def test_an_override_shows_at_once_and_can_be_ended(browse, customers, bob):
    window = browse(bob)
    worst = AccountHealth.objects.order_by("health").first()
    page = window.open(f"/accounts/a/{worst.account_id}")
    page.click("text=Override score")
    page.fill("#id_health", "70")
    page.fill("#id_reason", "New CTO, rolling out in May")
    page.click("#override button[type=submit]")
    expect(page.locator(".score-big .big")).to_have_text("70")
    page.wait_for_load_state("networkidle")
    window.check()
    page.click("#panel-overrides button:has-text('End')")
    page.click("text=Yes, go on")
    expect(page.locator(".score-big .big")).not_to_have_text("70")


def test_the_theme_is_chosen_and_kept(browse, customers, bob):
    page = browse(bob).open("/accounts/")
    page.click(".user-button")
    page.click("[data-theme-choice=dark]")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(browse, customers, bob):
    window = browse(bob, phone=True)
    page = window.open("/accounts/")
    page.focus("[data-drawer=open]")
    page.keyboard.press("Enter")
    expect(page.locator("#sidebar")).to_be_visible()
    window.check()
    page.keyboard.press("Escape")
    expect(page.locator("#sidebar")).to_be_hidden()
    expect(page.locator("[data-drawer=open]")).to_be_focused()


def test_the_first_tab_stop_skips_to_the_content(browse, customers, bob):
    page = browse(bob).open("/accounts/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_j_and_k_walk_through_the_list(browse, customers, bob):
    page = browse(bob).open("/accounts/")
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
    expect(page.locator(".cell-main").nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/a/**")


def test_an_expired_session_leads_to_sign_in_and_back(browse, customers, bob):
    window = browse(bob)
    page = window.open("/accounts/")
    page.context.clear_cookies()
    page.fill("#q", "a")
    page.wait_for_url("**/sign-in/login/?next=**")


def test_a_part_that_fails_says_so_and_holds_nothing_else_up(browse, customers, bob):
    window = browse(bob)
    window.page.route("**/panel/tickets/**", lambda route: route.fulfill(status=503, body=""))
    page = window.open("/accounts/a/acc_000003")
    expect(page.locator("#panel-tickets")).to_contain_text("could not be loaded")
    expect(page.locator("#panel-people > .lines")).to_be_visible()
