"""Forms of tokens: payments, shops, markets. Facts of the providers' documents."""

from __future__ import annotations

from typing import Final

ROWS: Final[tuple[tuple[str, str, str] | tuple[str, str, str, int], ...]] = (
    ("stripe-secret", "sk_live_", "%a{10,200}"),
    ("stripe-secret-test", "sk_test_", "%a{10,200}"),
    ("stripe-restricted", "rk_live_", "%a{10,200}"),
    ("stripe-restricted-test", "rk_test_", "%a{10,200}"),
    ("stripe-production", "sk_prod_", "%a{10,200}"),
    ("stripe-webhook", "whsec_", "[A-Za-z0-9+/]{24,80}={0,2}"),
    ("square-access", "sq0atp-", "%w{22}"),
    ("square-secret", "sq0csp-", "%w{43}"),
    ("square-access-new", "EAAA", "%w{56,64}"),
    ("paypal-braintree", "access_token$", "(?:production|sandbox)\\$%l{16}\\$%h{32}"),
    ("razorpay-live", "rzp_live_", "%a{14,24}"),
    ("razorpay-test", "rzp_test_", "%a{14,24}"),
    ("flutterwave-secret", "FLWSECK-", "%h{32}-X"),
    ("flutterwave-secret-test", "FLWSECK_TEST-", "(?:%H{32}-X|%H{12})"),
    ("flutterwave-public-test", "FLWPUBK_TEST-", "%H{32}-X"),
    ("adyen", "AQE", "%b{80,200}-%b{20,80}=?-%a{16}"),
    ("mollie-live", "live_", "%a{30,40}"),
    ("mollie-test", "test_", "%a{30,40}"),
    ("gocardless", "live_", "%W{40}"),
    ("lob", "live_", "(?:pub_)?%h{31,35}"),
    ("plaid-access", "access-", "(?:sandbox|development|production)-%g"),
    ("shopify-access", "shpat_", "%H{32}"),
    ("shopify-custom", "shpca_", "%H{32}"),
    ("shopify-private", "shppa_", "%H{32}"),
    ("shopify-shared", "shpss_", "%H{32}"),
    ("shippo", "shippo_", "(?:live|test)_%h{40}"),
    ("easypost", "EZAK", "%a{54}"),
    ("easypost-test", "EZTK", "%a{54}"),
    ("duffel", "duffel_", "(?:test|live)_[A-Za-z0-9_=-]{43}"),
    ("coinbase-cloud", "organizations/", "%g/apiKeys/%g"),
    ("infura", "infura.io/v3/", "%h{32}"),
    ("alchemy", "alchemy.com/v2/", "%w{32}"),
    ("paddle", "pdl_", "(?:live|sdbx)_apikey_%l{26}_%a{22}_%a{3}"),
    ("paystack-live", "sk_live_", "%h{40}"),
)
