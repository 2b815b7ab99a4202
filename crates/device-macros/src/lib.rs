//! The derive macro behind device parameters.
//!
//! `#[derive(Params)]` reads one `#[param(…)]` a field and writes the table, the default and the accessors of
//! `ovonic_device::Params`. The grammar: `name = "is"`, `aliases = "a b"`, `unit = "A"`, `default = 1e-14`,
//! `range = "(0, 1]"` (interval notation, `inf` allowed), and the words `instance`, `area`, `required`.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{Data, DeriveInput, Error, Expr, Field, Fields, Lit, LitStr, Result, Type};

/// See the documentation of `ovonic_device::Params`.
#[proc_macro_derive(Params, attributes(param))]
pub fn derive_params(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Real,
    OptionalReal,
    Flag,
    Integer,
}

#[derive(Default)]
struct Attribute {
    name: Option<LitStr>,
    aliases: Vec<String>,
    unit: String,
    default: Option<Expr>,
    range: Option<LitStr>,
    instance: bool,
    area: bool,
    required: bool,
}

fn expand(input: &DeriveInput) -> Result<Tokens> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(input, "parameters are a struct"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new_spanned(input, "parameters are a struct with named fields"));
    };
    let (mut table, mut values, mut setters, mut defaults) = (vec![], vec![], vec![], vec![]);
    for field in &fields.named {
        let ident = &field.ident;
        let Some(attribute) = attribute(field)? else {
            defaults.push(quote!(#ident: ::core::default::Default::default()));
            continue;
        };
        let (index, shape) = (table.len(), shape(&field.ty)?);
        defaults.push(default(field, &attribute, shape)?);
        table.push(entry(field, &attribute, shape)?);
        values.push(match shape {
            Shape::Real => quote!(#index => ::core::option::Option::Some(self.#ident)),
            Shape::OptionalReal => quote!(#index => self.#ident),
            Shape::Flag => {
                quote!(#index => ::core::option::Option::Some(if self.#ident { 1.0 } else { 0.0 }))
            }
            Shape::Integer => {
                quote!(#index => ::core::option::Option::Some(f64::from(self.#ident)))
            }
        });
        setters.push(match shape {
            Shape::Real => quote!(#index => self.#ident = value),
            Shape::OptionalReal => {
                quote!(#index => self.#ident = ::core::option::Option::Some(value))
            }
            Shape::Flag => quote!(#index => self.#ident = value != 0.0),
            Shape::Integer => quote!(#index => self.#ident = value as i32),
        });
    }
    let name = &input.ident;
    Ok(quote! {
        impl ::core::default::Default for #name {
            fn default() -> Self {
                Self { #(#defaults),* }
            }
        }
        impl ::ovonic_device::Params for #name {
            const TABLE: &'static [::ovonic_device::ParamInfo] = &[#(#table),*];
            fn value(&self, index: usize) -> ::core::option::Option<f64> {
                match index {
                    #(#values,)*
                    _ => ::core::option::Option::None,
                }
            }
            fn set(&mut self, index: usize, value: f64) {
                match index {
                    #(#setters,)*
                    _ => {}
                }
            }
        }
    })
}

fn attribute(field: &Field) -> Result<Option<Attribute>> {
    let mut found = None;
    for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("param")) {
        let mut attribute = Attribute::default();
        attr.parse_nested_meta(|meta| {
            let word = meta.path.require_ident()?.to_string();
            match word.as_str() {
                "name" => attribute.name = Some(meta.value()?.parse()?),
                "aliases" => {
                    let list: LitStr = meta.value()?.parse()?;
                    attribute.aliases = list.value().split_whitespace().map(Into::into).collect();
                }
                "unit" => attribute.unit = meta.value()?.parse::<LitStr>()?.value(),
                "default" => attribute.default = Some(meta.value()?.parse()?),
                "range" => attribute.range = Some(meta.value()?.parse()?),
                "instance" => attribute.instance = true,
                "area" => attribute.area = true,
                "required" => attribute.required = true,
                "flag" => {}
                _ => return Err(meta.error("unknown word in #[param]")),
            }
            Ok(())
        })?;
        found = Some(attribute);
    }
    Ok(found)
}

fn shape(ty: &Type) -> Result<Shape> {
    let text = quote!(#ty).to_string().replace(' ', "");
    match text.as_str() {
        "f64" => Ok(Shape::Real),
        "Option<f64>" => Ok(Shape::OptionalReal),
        "bool" => Ok(Shape::Flag),
        "i32" => Ok(Shape::Integer),
        _ => Err(Error::new_spanned(ty, "a parameter is f64, Option<f64>, bool or i32")),
    }
}

fn default(field: &Field, attribute: &Attribute, shape: Shape) -> Result<Tokens> {
    let ident = &field.ident;
    let value = match (&attribute.default, shape) {
        (Some(expr), Shape::OptionalReal) => {
            return Err(Error::new_spanned(expr, "an optional parameter has no default"));
        }
        (Some(expr), _) => quote!(#expr),
        (None, Shape::OptionalReal) => quote!(::core::option::Option::None),
        (None, Shape::Flag) => quote!(false),
        (None, _) => return Err(Error::new_spanned(field, "a default is missing")),
    };
    Ok(quote!(#ident: #value))
}

fn entry(field: &Field, attribute: &Attribute, shape: Shape) -> Result<Tokens> {
    let name = attribute
        .name
        .as_ref()
        .ok_or_else(|| Error::new_spanned(field, "a parameter's name is missing"))?;
    let description = description(field)?;
    let (aliases, unit) = (&attribute.aliases, &attribute.unit);
    let default = match (&attribute.default, shape) {
        (Some(expr), Shape::Real) => quote!(::core::option::Option::Some(#expr)),
        (Some(expr), Shape::Integer) => quote!(::core::option::Option::Some(#expr as f64)),
        (Some(expr), Shape::Flag) => {
            quote!(::core::option::Option::Some(if #expr { 1.0 } else { 0.0 }))
        }
        (None, Shape::Flag) => quote!(::core::option::Option::Some(0.0)),
        _ => quote!(::core::option::Option::None),
    };
    let kind = match shape {
        Shape::Real | Shape::OptionalReal => quote!(Real),
        Shape::Flag => quote!(Flag),
        Shape::Integer => quote!(Integer),
    };
    let range = match &attribute.range {
        Some(text) => range(text)?,
        None => quote!(::ovonic_device::Range::ANY),
    };
    let scope = if attribute.instance { quote!(Instance) } else { quote!(Model) };
    let (area, required) = (attribute.area, attribute.required);
    Ok(quote! {
        ::ovonic_device::ParamInfo {
            name: #name,
            aliases: &[#(#aliases),*],
            description: #description,
            unit: #unit,
            default: #default,
            kind: ::ovonic_device::ParamKind::#kind,
            range: #range,
            scope: ::ovonic_device::Scope::#scope,
            area: #area,
            required: #required,
        }
    })
}

fn description(field: &Field) -> Result<String> {
    let mut lines = Vec::new();
    for attr in field.attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
        if let Expr::Lit(literal) = &attr.meta.require_name_value()?.value
            && let Lit::Str(text) = &literal.lit
        {
            lines.push(text.value().trim().to_owned());
        }
    }
    if lines.is_empty() {
        return Err(Error::new_spanned(field, "a parameter's doc comment is its description"));
    }
    Ok(lines.join(" ").trim_end_matches('.').to_owned())
}

fn range(text: &LitStr) -> Result<Tokens> {
    let wrong = || Error::new_spanned(text, "a range is an interval such as \"(0, inf)\"");
    let value = text.value();
    let mut characters = value.trim().chars();
    let (open, close) = (characters.next(), characters.next_back());
    let (low, high) = characters.as_str().split_once(',').ok_or_else(wrong)?;
    let number = |part: &str| part.trim().parse::<f64>().map_err(|_| wrong());
    let bound = |value: f64| match (value.is_infinite(), value > 0.0) {
        (true, true) => quote!(f64::INFINITY),
        (true, false) => quote!(f64::NEG_INFINITY),
        _ => quote!(#value),
    };
    let (low, high) = (number(low)?, number(high)?);
    let includes_low = match open {
        Some('[') => true,
        Some('(') => false,
        _ => return Err(wrong()),
    };
    let includes_high = match close {
        Some(']') => true,
        Some(')') => false,
        _ => return Err(wrong()),
    };
    let (low, high) = (bound(low), bound(high));
    Ok(quote! {
        ::ovonic_device::Range {
            low: #low,
            high: #high,
            includes_low: #includes_low,
            includes_high: #includes_high,
        }
    })
}
