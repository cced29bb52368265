"""Chromium's managed policy and flags for a tablet: one origin, nothing kept, nothing offered.

Each key was read back as valid on chrome://policy of Chromium 156 (tests/test_kiosk_shell.py does it again).
GenAiDefaultSettings and SharedClipboardEnabled are left out, because that Chromium ignores them.
"""

from __future__ import annotations

from collections.abc import Mapping

Policy = Mapping[str, bool | int | str | list[str]]

_BLOCK = 2
_OFF = False

_NOTHING_KEPT: Policy = {
    "AutofillAddressEnabled": _OFF,
    "AutofillCreditCardEnabled": _OFF,
    "BackgroundModeEnabled": _OFF,
    "BrowserSignin": 0,
    "ClearBrowsingDataOnExitList": [
        "browsing_history", "download_history", "cookies_and_other_site_data", "cached_images_and_files",
        "password_signin", "autofill", "site_settings", "hosted_app_data",
    ],
    "PasswordManagerEnabled": _OFF,
    "PaymentMethodQueryEnabled": _OFF,
    "RestoreOnStartup": 5,
    "SavingBrowserHistoryDisabled": True,
    "SyncDisabled": True,
}  # fmt: skip
_NOTHING_OFFERED: Policy = {
    "AllowDinosaurEasterEgg": _OFF,
    "AllowFileSelectionDialogs": _OFF,
    "BookmarkBarEnabled": _OFF,
    "BrowserAddPersonEnabled": _OFF,
    "BrowserGuestModeEnabled": _OFF,
    "DefaultBrowserSettingEnabled": _OFF,
    "DeveloperToolsAvailability": _BLOCK,
    "DownloadRestrictions": 3,
    "EditBookmarksEnabled": _OFF,
    "ExtensionInstallBlocklist": ["*"],
    "ImportAutofillFormData": _OFF,
    "ImportBookmarks": _OFF,
    "ImportHistory": _OFF,
    "ImportSavedPasswords": _OFF,
    "IncognitoModeAvailability": 1,
    "LensOverlaySettings": 1,
    "PrintingEnabled": _OFF,
    "ProfilePickerOnStartupAvailability": 1,
    "PromotionsEnabled": _OFF,
    "RemoteDebuggingAllowed": _OFF,
    "ScreenCaptureAllowed": _OFF,
    "SearchSuggestEnabled": _OFF,
    "DefaultSearchProviderEnabled": _OFF,
    "ShowHomeButton": _OFF,
    "SpellcheckEnabled": _OFF,
    "TaskManagerEndProcessEnabled": _OFF,
    "TranslateEnabled": _OFF,
}
_NOTHING_ASKED: Policy = {
    "AudioCaptureAllowed": _OFF,
    "DefaultClipboardSetting": _BLOCK,
    "DefaultFileSystemReadGuardSetting": _BLOCK,
    "DefaultFileSystemWriteGuardSetting": _BLOCK,
    "DefaultGeolocationSetting": _BLOCK,
    "DefaultNotificationsSetting": _BLOCK,
    "DefaultPopupsSetting": _BLOCK,
    "DefaultSensorsSetting": _BLOCK,
    "DefaultSerialGuardSetting": _BLOCK,
    "DefaultWebBluetoothGuardSetting": _BLOCK,
    "DefaultWebHidGuardSetting": _BLOCK,
    "DefaultWebUsbGuardSetting": _BLOCK,
    "UserFeedbackAllowed": _OFF,
    "VideoCaptureAllowed": _OFF,
}
_NOTHING_TOLD: Policy = {
    "AlternateErrorPagesEnabled": _OFF,
    "BuiltInDnsClientEnabled": _OFF,
    "ComponentUpdatesEnabled": _OFF,
    "DnsOverHttpsMode": "off",
    "EnableMediaRouter": _OFF,
    "MetricsReportingEnabled": _OFF,
    "NetworkPredictionOptions": 2,
    "SafeBrowsingProtectionLevel": 0,
    "SpellCheckServiceEnabled": _OFF,
    "UrlKeyedAnonymizedDataCollectionEnabled": _OFF,
    "WebRtcEventLogCollectionAllowed": _OFF,
}


# '*' alone leaves Chromium's own pages open, settings, history and flags among them (measured, Chromium 156).
_EVERYTHING = [
    "*", "chrome://*", "chrome-untrusted://*", "devtools://*", "javascript://*", "data://*",
]  # fmt: skip


def managed_policy(origin: str) -> Policy:
    """The policy for a tablet whose pages stand at ``origin``, such as http://127.0.0.1:8700; nothing else opens."""
    return {
        **_NOTHING_KEPT, **_NOTHING_OFFERED, **_NOTHING_ASKED, **_NOTHING_TOLD,
        "URLAllowlist": [origin],
        "URLBlocklist": _EVERYTHING,
        "HomepageLocation": origin + "/",
        "NewTabPageLocation": origin + "/",
    }  # fmt: skip


FLAGS = (
    "--kiosk",
    "--noerrdialogs",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-crash-restore-bubble",
    "--disable-back-forward-cache",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-pinch",
    "--overscroll-history-navigation=0",
    "--password-store=basic",
    "--ozone-platform=wayland",
    "--enable-wayland-ime",
    "--wayland-text-input-version=3",
)
"""What the policy cannot say. The back-forward cache would give back what the last person typed."""
