# secuconnect: a token
TOKEN=$(curl -s @URL@/oauth/token \
  -d grant_type=client_credentials \
  -d client_id=@CLIENT_ID@ \
  -d client_secret=@CLIENT_SECRET@ \
  | sed 's/.*"access_token": *"\([^"]*\)".*/\1/'); echo "TOKEN=$TOKEN"

# secuconnect: save the customer
CUSTOMER=$(curl -s @URL@/api/v2/Payment/Customers \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
  -d '{"contact": {"salutation": "Mr.", "title": "Dr.", "forename": "John", "surname": "Doe",
       "companyname": "Example Inc.", "dob": "1901-02-03", "email": "example@example.com",
       "phone": "0049-123-456789", "mobile": "0049-987-654321",
       "address": {"street": "Example Street", "street_number": "6a", "postal_code": "01234",
                   "city": "Examplecity", "country": "DE"}}}' \
  | sed 's/.*"id": *"\(PCU_[0-9A-Z]*\)".*/\1/'); echo "CUSTOMER=$CUSTOMER"

# secuconnect: save the customer's bank account
curl -s -w '\n' @URL@/api/v2/Payment/Containers \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
  -d '{"type": "bank_account", "customer": "'"$CUSTOMER"'", "private": {"owner": "John Doe",
       "iban": "DE89370400440532013000", "bic": "COBADEFFXXX"}}'

# secuconnect: the same bank account again is refused as a duplicate
curl -s -w '\n' @URL@/api/v2/Payment/Containers \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
  -d '{"type": "bank_account", "customer": "'"$CUSTOMER"'", "private": {"owner": "John Doe",
       "iban": "DE89370400440532013000", "bic": "COBADEFFXXX"}}'

# PACE: a token that may create and read payment methods
PACE_TOKEN=$(curl -s @URL@/oauth/token \
  -d grant_type=client_credentials \
  -d client_id=@CLIENT_ID@ \
  -d client_secret=@CLIENT_SECRET@ \
  -d 'scope=pay:payment-methods:create pay:payment-methods:read' \
  | sed 's/.*"access_token": *"\([^"]*\)".*/\1/'); echo "PACE_TOKEN=$PACE_TOKEN"

# PACE: register SEPA direct debit as a payment method: 201; 303 once it is there
curl -s -i -w '\n' @URL@/pay/2024-1/payment-methods/sepa-direct-debit \
  -H "Authorization: Bearer $PACE_TOKEN" -H "Content-Type: application/vnd.api+json" \
  -d '{"data": {"id": "2a1319c3-c136-495d-b59a-47b3246d08af", "type": "paymentMethod",
       "attributes": {"kind": "sepa", "iban": "DE89 3704 0044 0532 0130 00", "title": "Prof. Dr.",
       "firstName": "Jon", "lastName": "Smith", "company": "Clean House GmbH",
       "address": {"street": "Haid-und-Neu-Str.", "houseNo": "18", "postalCode": "76131",
                   "city": "Karlsruhe", "countryCode": "DE"},
       "email": "jon.smith@example.com"}}}'

# PACE: read it
curl -s -w '\n' @URL@/pay/2024-1/payment-methods/2a1319c3-c136-495d-b59a-47b3246d08af \
  -H "Authorization: Bearer $PACE_TOKEN"
