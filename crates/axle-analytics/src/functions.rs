//! Scalar functions that the tables and the runner use in SQL.

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use axle_model::analytics::Seq;
use axle_model::business_hours::BusinessHours;
use axle_model::currency::{Converter, Currencies};
use axle_model::time::LocalDay;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array, StringArray,
    UInt32Array,
};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt32Type,
};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use jiff::tz::TimeZone;
use roaring::RoaringTreemap;

use crate::columns::instant_type;
use crate::fact_rows::hold;
use crate::rollup::{DayClock, is_gone, timestamp};

/// What a function needs to be made anew, beside its name.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "cluster"), allow(dead_code, reason = "what a cluster is told"))]
pub(crate) enum Needs {
    /// What a view knows: its directory, its member days.
    View,
    /// See [`period_of`].
    Periods { before: LocalDay, first: LocalDay, numbers: Arc<[i32]> },
    /// States of activities that no longer hold.
    Gone(Arc<RoaringTreemap>),
    /// The number that holds of each fact that came more than once.
    Latest(Arc<HashMap<i64, Seq>>),
}

type Apply = Arc<dyn Fn(&[ArrayRef]) -> Result<ArrayRef> + Send + Sync>;

/// A function of whole columns. Two are equal when they are the same.
pub(crate) struct Function {
    name: String,
    signature: Signature,
    returns: DataType,
    #[cfg_attr(not(feature = "cluster"), allow(dead_code, reason = "what a cluster is told"))]
    pub needs: Needs,
    apply: Apply,
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Function").field("name", &self.name).finish_non_exhaustive()
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.apply, &other.apply)
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(ColumnarValue::Array((self.apply)(&ColumnarValue::values_to_arrays(&arguments.args)?)?))
    }
}

/// A function of whole columns that needs what a view knows, or nothing.
pub(crate) fn function(
    name: &str,
    arguments: Vec<DataType>,
    returns: DataType,
    apply: impl Fn(&[ArrayRef]) -> Result<ArrayRef> + Send + Sync + 'static,
) -> ScalarUDF {
    function_of(Needs::View, name, arguments, returns, apply)
}

/// As [`function`], of what it needs.
pub(crate) fn function_of(
    needs: Needs,
    name: &str,
    arguments: Vec<DataType>,
    returns: DataType,
    apply: impl Fn(&[ArrayRef]) -> Result<ArrayRef> + Send + Sync + 'static,
) -> ScalarUDF {
    let signature = Signature::exact(arguments, Volatility::Immutable);
    ScalarUDF::new_from_impl(Function { name: name.to_owned(), signature, returns, needs, apply: Arc::new(apply) })
}

/// Whether states of activities still hold.
pub(crate) fn holds(gone: Arc<RoaringTreemap>) -> ScalarUDF {
    function_of(Needs::Gone(gone.clone()), "holds", vec![DataType::Int64], DataType::Boolean, move |arguments| {
        let seq = arguments[0].as_primitive::<Int64Type>();
        Ok(Arc::new(seq.iter().map(|seq| seq.map(|seq| !is_gone(&gone, seq))).collect::<BooleanArray>()))
    })
}

/// Whether rows of facts hold, by fact and sequence number.
pub(crate) fn fact_holds(latest: Arc<HashMap<i64, Seq>>) -> ScalarUDF {
    let types = vec![DataType::Int64, DataType::Int64];
    function_of(Needs::Latest(latest.clone()), "fact_holds", types, DataType::Boolean, move |arguments| {
        Ok(Arc::new(hold(&latest, &arguments[0], &arguments[1])))
    })
}

/// `local_day(instant)`: the calendar day of the workspace's zone (convention C1).
pub(crate) fn local_day(zone: TimeZone) -> ScalarUDF {
    function("local_day", vec![instant_type()], DataType::Date32, move |arguments| {
        let mut clock = DayClock::new(&zone);
        let at = arguments[0].as_primitive::<TimestampMicrosecondType>();
        Ok(Arc::new(at.iter().map(|at| at.map(|at| clock.day(at))).collect::<Date32Array>()))
    })
}

/// `seconds_between(from, to)`: whole seconds, negative when `to` comes first.
pub(crate) fn seconds_between() -> ScalarUDF {
    function("seconds_between", vec![instant_type(), instant_type()], DataType::Int64, |arguments| {
        let from = arguments[0].as_primitive::<TimestampMicrosecondType>();
        let to = arguments[1].as_primitive::<TimestampMicrosecondType>();
        let seconds = from.iter().zip(to).map(|(from, to)| Some(to?.saturating_sub(from?).div_euclid(1_000_000)));
        Ok(Arc::new(seconds.collect::<Int64Array>()))
    })
}

/// `business_seconds(from, to)`: whole seconds in the hours in which somebody is at work; 0 when `to` comes first.
pub(crate) fn business_seconds(zone: TimeZone, hours: BusinessHours) -> ScalarUDF {
    function("business_seconds", vec![instant_type(), instant_type()], DataType::Int64, move |arguments| {
        let from = arguments[0].as_primitive::<TimestampMicrosecondType>();
        let to = arguments[1].as_primitive::<TimestampMicrosecondType>();
        let between =
            |(from, to): (Option<i64>, Option<i64>)| Some(hours.seconds(timestamp(from?), timestamp(to?), &zone));
        Ok(Arc::new(from.iter().zip(to).map(between).collect::<Int64Array>()))
    })
}

/// `business_days(from, to)`: the same in business days, each as long as work lasts on one day.
pub(crate) fn business_days(zone: TimeZone, hours: BusinessHours) -> ScalarUDF {
    function("business_days", vec![instant_type(), instant_type()], DataType::Float64, move |arguments| {
        let from = arguments[0].as_primitive::<TimestampMicrosecondType>();
        let to = arguments[1].as_primitive::<TimestampMicrosecondType>();
        let between =
            |(from, to): (Option<i64>, Option<i64>)| Some(hours.days(timestamp(from?), timestamp(to?), &zone));
        Ok(Arc::new(from.iter().zip(to).map(between).collect::<Float64Array>()))
    })
}

/// How amounts are told in the reporting currency, by the rate of a day: `told_amount(amount, currency, day)` in minor units,
/// `told_currency(currency, day)`, and in words `told_rate(currency, day)`. Without a rate an amount stays as it is, and has no rate.
pub(crate) fn told(currencies: &Currencies) -> [ScalarUDF; 3] {
    let money = Arc::new(Converter::new(currencies));
    let by_day = |converter: &Arc<Converter>, told: fn(&Converter, &str, LocalDay) -> Option<String>| {
        let converter = converter.clone();
        move |arguments: &[ArrayRef]| -> Result<ArrayRef> {
            let (currency, day) = (arguments[0].as_string::<i32>(), arguments[1].as_primitive::<Date32Type>());
            let texts = currency.iter().zip(day).map(|(currency, day)| told(&converter, currency?, day?));
            Ok(Arc::new(texts.collect::<StringArray>()))
        }
    };
    let currency = by_day(&money, |money, currency, day| Some(money.currency(currency, day).to_owned()));
    let rate = by_day(&money, Converter::rate);
    let amount = move |arguments: &[ArrayRef]| -> Result<ArrayRef> {
        let (amount, currency) = (arguments[0].as_primitive::<Float64Type>(), arguments[1].as_string::<i32>());
        let day = arguments[2].as_primitive::<Date32Type>();
        let told = |((amount, currency), day): ((Option<f64>, Option<&str>), Option<LocalDay>)| match (currency, day) {
            (Some(currency), Some(day)) => Some(money.amount(amount?, currency, day)),
            _ => amount,
        };
        Ok(Arc::new(amount.iter().zip(currency).zip(day).map(told).collect::<Float64Array>()))
    };
    let pair = || vec![DataType::Utf8, DataType::Date32];
    let amount_types = vec![DataType::Float64, DataType::Utf8, DataType::Date32];
    [
        function("told_amount", amount_types, DataType::Float64, amount),
        function("told_currency", pair(), DataType::Utf8, currency),
        function("told_rate", pair(), DataType::Utf8, rate),
    ]
}

/// The number of the period that a day lies in: from `first` on those of `numbers`; -1 in the period before, -2
/// earlier; `i32::MAX` after the last.
pub(crate) fn period_of(before: LocalDay, first: LocalDay, numbers: Arc<[i32]>) -> ScalarUDF {
    let needs = Needs::Periods { before, first, numbers: numbers.clone() };
    let number = move |day: LocalDay| match usize::try_from(day - first) {
        Ok(index) => numbers.get(index).copied().unwrap_or(i32::MAX),
        Err(_) if day >= before => -1,
        Err(_) => -2,
    };
    function_of(needs, "period_of", vec![DataType::Date32], DataType::Int32, move |arguments| {
        let days = arguments[0].as_primitive::<Date32Type>();
        Ok(Arc::new(days.unary::<_, Int32Type>(&number)))
    })
}

/// Days of consecutive periods, as the argument that [`period_of`] wants.
pub(crate) fn period_numbers(periods: &[Range<LocalDay>]) -> Arc<[i32]> {
    periods.iter().enumerate().flat_map(|(number, days)| days.clone().map(move |_| number as i32)).collect()
}

/// The name of a small number: no string is copied, since the names are the dictionary.
pub(crate) fn name_of(dimension: &str, names: StringArray) -> ScalarUDF {
    let names: ArrayRef = Arc::new(names);
    let text = DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8));
    function(&format!("name_of_{dimension}"), vec![DataType::UInt32], text, move |arguments| {
        let codes = arguments[0].as_primitive::<UInt32Type>();
        let known = names.len();
        let keys: UInt32Array = codes.iter().map(|code| code.filter(|code| (*code as usize) < known)).collect();
        Ok(Arc::new(DictionaryArray::<UInt32Type>::try_new(keys, names.clone())?))
    })
}

/// `uuid_text(bytes)`: a public id as people see it.
pub(crate) fn uuid_text() -> ScalarUDF {
    function("uuid_text", vec![DataType::FixedSizeBinary(16)], DataType::Utf8, |arguments| {
        let ids = arguments[0].as_fixed_size_binary();
        let text = ids.iter().map(|id| id.and_then(|id| uuid::Uuid::from_slice(id).ok()).map(|id| id.to_string()));
        Ok(Arc::new(text.collect::<StringArray>()))
    })
}
