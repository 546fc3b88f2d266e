-- Who may ask support for help, and from when to when: customers, members of organizations that are, and users of the product.
-- Either the member or the organization is known.
select member, organization, from_at, until_at from customers
union all
select member_of(identity_id), null, signup_at, null from product_users where signup_at is not null
