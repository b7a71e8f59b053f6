var Ad=Object.defineProperty;var Td=Object.getOwnPropertyDescriptor;var ya=s=>{throw TypeError(s)};var d=(s,r,e,t)=>{for(var i=t>1?void 0:t?Td(r,e):r,n=s.length-1,o;n>=0;n--)(o=s[n])&&(i=(t?o(r,e,i):o(i))||i);return t&&i&&Ad(r,e,i),i};var $o=(s,r,e)=>r.has(s)||ya("Cannot "+e);var I=(s,r,e)=>($o(s,r,"read from private field"),e?e.call(s):r.get(s)),L=(s,r,e)=>r.has(s)?ya("Cannot add the same private member more than once"):r instanceof WeakSet?r.add(s):r.set(s,e),U=(s,r,e,t)=>($o(s,r,"write to private field"),t?t.call(s,e):r.set(s,e),e),P=(s,r,e)=>($o(s,r,"access private method"),e);var xa=class{get shadowRoot(){return this.__host.__shadowRoot}constructor(r){this.ariaActiveDescendantElement=null,this.ariaAtomic="",this.ariaAutoComplete="",this.ariaBrailleLabel="",this.ariaBrailleRoleDescription="",this.ariaBusy="",this.ariaChecked="",this.ariaColCount="",this.ariaColIndex="",this.ariaColIndexText="",this.ariaColSpan="",this.ariaControlsElements=null,this.ariaCurrent="",this.ariaDescribedByElements=null,this.ariaDescription="",this.ariaDetailsElements=null,this.ariaDisabled="",this.ariaErrorMessageElements=null,this.ariaExpanded="",this.ariaFlowToElements=null,this.ariaHasPopup="",this.ariaHidden="",this.ariaInvalid="",this.ariaKeyShortcuts="",this.ariaLabel="",this.ariaLabelledByElements=null,this.ariaLevel="",this.ariaLive="",this.ariaModal="",this.ariaMultiLine="",this.ariaMultiSelectable="",this.ariaOrientation="",this.ariaOwnsElements=null,this.ariaPlaceholder="",this.ariaPosInSet="",this.ariaPressed="",this.ariaReadOnly="",this.ariaRelevant="",this.ariaRequired="",this.ariaRoleDescription="",this.ariaRowCount="",this.ariaRowIndex="",this.ariaRowIndexText="",this.ariaRowSpan="",this.ariaSelected="",this.ariaSetSize="",this.ariaSort="",this.ariaValueMax="",this.ariaValueMin="",this.ariaValueNow="",this.ariaValueText="",this.role="",this.form=null,this.labels=[],this.states=new Set,this.validationMessage="",this.validity={},this.willValidate=!0,this.__host=r}checkValidity(){return console.warn("`ElementInternals.checkValidity()` was called on the server.This method always returns true."),!0}reportValidity(){return!0}setFormValue(){}setValidity(){}};var ke=function(s,r,e,t,i){if(t==="m")throw new TypeError("Private method is not writable");if(t==="a"&&!i)throw new TypeError("Private accessor was defined without a setter");if(typeof r=="function"?s!==r||!i:!r.has(s))throw new TypeError("Cannot write private member to an object whose class did not declare it");return t==="a"?i.call(s,e):i?i.value=e:r.set(s,e),e},Y=function(s,r,e,t){if(e==="a"&&!t)throw new TypeError("Private accessor was defined without a getter");if(typeof r=="function"?s!==r||!t:!r.has(s))throw new TypeError("Cannot read private member from an object whose class did not declare it");return e==="m"?t:e==="a"?t.call(s):t?t.value:r.get(s)},Qt,tn,rn,_r,Po,Lr,nn,At,$r,et,on,qa,wa=s=>typeof s=="boolean"?s:s?.capture??!1;var Vo=class{constructor(){this.__eventListeners=new Map,this.__captureEventListeners=new Map}addEventListener(r,e,t){if(e==null)return;let i=wa(t)?this.__captureEventListeners:this.__eventListeners,n=i.get(r);if(n===void 0)n=new Map,i.set(r,n);else if(n.has(e))return;let o=typeof t=="object"&&t?t:{};o.signal?.addEventListener("abort",()=>this.removeEventListener(r,e,t)),n.set(e,o??{})}removeEventListener(r,e,t){if(e==null)return;let i=wa(t)?this.__captureEventListeners:this.__eventListeners,n=i.get(r);n!==void 0&&(n.delete(e),n.size||i.delete(r))}dispatchEvent(r){let e=[this],t=this.__eventTargetParent;if(r.composed)for(;t;)e.push(t),t=t.__eventTargetParent;else for(;t&&t!==this.__host;)e.push(t),t=t.__eventTargetParent;let i=!1,n=!1,o=0,a=null,l=null,c=null,p=r.stopPropagation,u=r.stopImmediatePropagation;Object.defineProperties(r,{target:{get(){return a??l},...j},srcElement:{get(){return r.target},...j},currentTarget:{get(){return c},...j},eventPhase:{get(){return o},...j},composedPath:{value:()=>e,...j},stopPropagation:{value:()=>{i=!0,p.call(r)},...j},stopImmediatePropagation:{value:()=>{n=!0,u.call(r)},...j}});let h=(m,b,q)=>{typeof m=="function"?m(r):typeof m?.handleEvent=="function"&&m.handleEvent(r),b.once&&q.delete(m)},y=()=>(c=null,o=0,!r.defaultPrevented),v=e.slice().reverse();a=!this.__host||!r.composed?this:null;let w=m=>{for(l=this;l.__host&&m.includes(l.__host);)l=l.__host};for(let m of v){!a&&(!l||l===m.__host)&&w(v.slice(v.indexOf(m))),c=m,o=m===r.target?2:1;let b=m.__captureEventListeners.get(r.type);if(b){for(let[q,A]of b)if(h(q,A,b),n)return y()}if(i)return y()}let f=r.bubbles?e:[this];l=null;for(let m of f){!a&&(!l||m===l.__host)&&w(f.slice(0,f.indexOf(m)+1)),c=m,o=m===r.target?2:3;let b=m.__eventListeners.get(r.type);if(b){for(let[q,A]of b)if(h(q,A,b),n)return y()}if(i)return y()}return y()}},Do=Vo;var j={__proto__:null};j.enumerable=!0;Object.freeze(j);var No=(et=class{constructor(r,e={}){if(Qt.set(this,!1),tn.set(this,!1),rn.set(this,!1),_r.set(this,!1),Po.set(this,Date.now()),Lr.set(this,!1),nn.set(this,void 0),At.set(this,void 0),$r.set(this,void 0),this.NONE=0,this.CAPTURING_PHASE=1,this.AT_TARGET=2,this.BUBBLING_PHASE=3,arguments.length===0)throw new Error("The type argument must be specified");if(typeof e!="object"||!e)throw new Error('The "options" argument must be an object');let{bubbles:t,cancelable:i,composed:n}=e;ke(this,Qt,!!i,"f"),ke(this,tn,!!t,"f"),ke(this,rn,!!n,"f"),ke(this,nn,`${r}`,"f"),ke(this,At,null,"f"),ke(this,$r,!1,"f")}initEvent(r,e,t){throw new Error("Method not implemented.")}stopImmediatePropagation(){this.stopPropagation()}preventDefault(){ke(this,_r,!0,"f")}get target(){return Y(this,At,"f")}get currentTarget(){return Y(this,At,"f")}get srcElement(){return Y(this,At,"f")}get type(){return Y(this,nn,"f")}get cancelable(){return Y(this,Qt,"f")}get defaultPrevented(){return Y(this,Qt,"f")&&Y(this,_r,"f")}get timeStamp(){return Y(this,Po,"f")}composedPath(){return Y(this,$r,"f")?[Y(this,At,"f")]:[]}get returnValue(){return!Y(this,Qt,"f")||!Y(this,_r,"f")}get bubbles(){return Y(this,tn,"f")}get composed(){return Y(this,rn,"f")}get eventPhase(){return Y(this,$r,"f")?et.AT_TARGET:et.NONE}get cancelBubble(){return Y(this,Lr,"f")}set cancelBubble(r){r&&ke(this,Lr,!0,"f")}stopPropagation(){ke(this,Lr,!0,"f")}get isTrusted(){return!1}},Qt=new WeakMap,tn=new WeakMap,rn=new WeakMap,_r=new WeakMap,Po=new WeakMap,Lr=new WeakMap,nn=new WeakMap,At=new WeakMap,$r=new WeakMap,et.NONE=0,et.CAPTURING_PHASE=1,et.AT_TARGET=2,et.BUBBLING_PHASE=3,et);Object.defineProperties(No.prototype,{initEvent:j,stopImmediatePropagation:j,preventDefault:j,target:j,currentTarget:j,srcElement:j,type:j,cancelable:j,defaultPrevented:j,timeStamp:j,composedPath:j,returnValue:j,bubbles:j,composed:j,eventPhase:j,cancelBubble:j,stopPropagation:j,isTrusted:j});var Ca=(qa=class extends No{constructor(r,e={}){super(r,e),on.set(this,void 0),ke(this,on,e?.detail??null,"f")}initCustomEvent(r,e,t,i){throw new Error("Method not implemented.")}get detail(){return Y(this,on,"f")}},on=new WeakMap,qa);Object.defineProperties(Ca.prototype,{detail:j});var Oo=No,Ho=Ca;var re;var Xp=(re=class{constructor(){this.STYLE_RULE=1,this.CHARSET_RULE=2,this.IMPORT_RULE=3,this.MEDIA_RULE=4,this.FONT_FACE_RULE=5,this.PAGE_RULE=6,this.NAMESPACE_RULE=10,this.KEYFRAMES_RULE=7,this.KEYFRAME_RULE=8,this.SUPPORTS_RULE=12,this.COUNTER_STYLE_RULE=11,this.FONT_FEATURE_VALUES_RULE=14,this.__parentStyleSheet=null,this.cssText=""}get parentRule(){return null}get parentStyleSheet(){return this.__parentStyleSheet}get type(){return 0}},re.STYLE_RULE=1,re.CHARSET_RULE=2,re.IMPORT_RULE=3,re.MEDIA_RULE=4,re.FONT_FACE_RULE=5,re.PAGE_RULE=6,re.NAMESPACE_RULE=10,re.KEYFRAMES_RULE=7,re.KEYFRAME_RULE=8,re.SUPPORTS_RULE=12,re.COUNTER_STYLE_RULE=11,re.FONT_FEATURE_VALUES_RULE=14,re);globalThis.Event??=Oo;globalThis.CustomEvent??=Ho;var Ea=new WeakMap,Pr=s=>{let r=Ea.get(s);return r===void 0&&Ea.set(s,r=new Map),r},Id=class extends Do{constructor(){super(...arguments),this.__shadowRootMode=null,this.__shadowRoot=null,this.__internals=null}get attributes(){return Array.from(Pr(this)).map(([r,e])=>({name:r,value:e}))}get shadowRoot(){return this.__shadowRootMode==="closed"?null:this.__shadowRoot}get localName(){return this.constructor.__localName}get tagName(){return this.localName?.toUpperCase()}setAttribute(r,e){Pr(this).set(r,String(e))}removeAttribute(r){Pr(this).delete(r)}toggleAttribute(r,e){if(this.hasAttribute(r)){if(e===void 0||!e)return this.removeAttribute(r),!1}else return e===void 0||e?(this.setAttribute(r,""),!0):!1;return!0}hasAttribute(r){return Pr(this).has(r)}attachShadow(r){let e={host:this};return this.__shadowRootMode=r.mode,r&&r.mode==="open"&&(this.__shadowRoot=e),e}attachInternals(){if(this.__internals!==null)throw new Error("Failed to execute 'attachInternals' on 'HTMLElement': ElementInternals for the specified element was already attached.");let r=new xa(this);return this.__internals=r,r}getAttribute(r){return Pr(this).get(r)??null}};var Rd=class extends Id{},Uo=Rd;globalThis.litServerRoot??=Object.defineProperty(new Uo,"localName",{get(){return"lit-server-root"}});function kd(){let s,r;return{promise:new Promise((t,i)=>{s=t,r=i}),resolve:s,reject:r}}var Fo=class{constructor(){this.__definitions=new Map,this.__reverseDefinitions=new Map,this.__pendingWhenDefineds=new Map}define(r,e){if(this.__definitions.has(r))if(process.env.NODE_ENV==="development")console.warn(`'CustomElementRegistry' already has "${r}" defined. This may have been caused by live reload or hot module replacement in which case it can be safely ignored.
Make sure to test your application with a production build as repeat registrations will throw in production.`);else throw new Error(`Failed to execute 'define' on 'CustomElementRegistry': the name "${r}" has already been used with this registry`);if(this.__reverseDefinitions.has(e))throw new Error(`Failed to execute 'define' on 'CustomElementRegistry': the constructor has already been used with this registry for the tag name ${this.__reverseDefinitions.get(e)}`);e.__localName=r,this.__definitions.set(r,{ctor:e,observedAttributes:e.observedAttributes??[]}),this.__reverseDefinitions.set(e,r),this.__pendingWhenDefineds.get(r)?.resolve(e),this.__pendingWhenDefineds.delete(r)}get(r){return this.__definitions.get(r)?.ctor}getName(r){return this.__reverseDefinitions.get(r)??null}upgrade(r){throw new Error("customElements.upgrade is not currently supported in SSR. Please file a bug if you need it.")}async whenDefined(r){let e=this.__definitions.get(r);if(e)return e.ctor;let t=this.__pendingWhenDefineds.get(r);return t||(t=kd(),this.__pendingWhenDefineds.set(r,t)),t.promise}},Md=Fo;var Sa=new Md;var Vr=globalThis,sn=Vr.ShadowRoot&&(Vr.ShadyCSS===void 0||Vr.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,Bo=Symbol(),Aa=new WeakMap,Dr=class{constructor(r,e,t){if(this._$cssResult$=!0,t!==Bo)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=r,this.t=e}get styleSheet(){let r=this.o,e=this.t;if(sn&&r===void 0){let t=e!==void 0&&e.length===1;t&&(r=Aa.get(e)),r===void 0&&((this.o=r=new CSSStyleSheet).replaceSync(this.cssText),t&&Aa.set(e,r))}return r}toString(){return this.cssText}},Ta=s=>new Dr(typeof s=="string"?s:s+"",void 0,Bo),E=(s,...r)=>{let e=s.length===1?s[0]:r.reduce((t,i,n)=>t+(o=>{if(o._$cssResult$===!0)return o.cssText;if(typeof o=="number")return o;throw Error("Value passed to 'css' function must be a 'css' function result: "+o+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(i)+s[n+1],s[0]);return new Dr(e,s,Bo)},Ia=(s,r)=>{if(sn)s.adoptedStyleSheets=r.map(e=>e instanceof CSSStyleSheet?e:e.styleSheet);else for(let e of r){let t=document.createElement("style"),i=Vr.litNonce;i!==void 0&&t.setAttribute("nonce",i),t.textContent=e.cssText,s.appendChild(t)}},zo=sn||Vr.CSSStyleSheet===void 0?s=>s:s=>s instanceof CSSStyleSheet?(r=>{let e="";for(let t of r.cssRules)e+=t.cssText;return Ta(e)})(s):s;var{is:_d,defineProperty:Ld,getOwnPropertyDescriptor:$d,getOwnPropertyNames:Pd,getOwnPropertySymbols:Vd,getPrototypeOf:Dd}=Object,Hr=globalThis;Hr.customElements??=Sa;var Ra=Hr.trustedTypes,Nd=Ra?Ra.emptyScript:"",Od=Hr.reactiveElementPolyfillSupport,Nr=(s,r)=>s,Or={toAttribute(s,r){switch(r){case Boolean:s=s?Nd:null;break;case Object:case Array:s=s==null?s:JSON.stringify(s)}return s},fromAttribute(s,r){let e=s;switch(r){case Boolean:e=s!==null;break;case Number:e=s===null?null:Number(s);break;case Object:case Array:try{e=JSON.parse(s)}catch{e=null}}return e}},an=(s,r)=>!_d(s,r),ka={attribute:!0,type:String,converter:Or,reflect:!1,useDefault:!1,hasChanged:an};Symbol.metadata??=Symbol("metadata"),Hr.litPropertyMetadata??=new WeakMap;var Ue=class extends(globalThis.HTMLElement??Uo){static addInitializer(r){this._$Ei(),(this.l??=[]).push(r)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(r,e=ka){if(e.state&&(e.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(r)&&((e=Object.create(e)).wrapped=!0),this.elementProperties.set(r,e),!e.noAccessor){let t=Symbol(),i=this.getPropertyDescriptor(r,t,e);i!==void 0&&Ld(this.prototype,r,i)}}static getPropertyDescriptor(r,e,t){let{get:i,set:n}=$d(this.prototype,r)??{get(){return this[e]},set(o){this[e]=o}};return{get:i,set(o){let a=i?.call(this);n?.call(this,o),this.requestUpdate(r,a,t)},configurable:!0,enumerable:!0}}static getPropertyOptions(r){return this.elementProperties.get(r)??ka}static _$Ei(){if(this.hasOwnProperty(Nr("elementProperties")))return;let r=Dd(this);r.finalize(),r.l!==void 0&&(this.l=[...r.l]),this.elementProperties=new Map(r.elementProperties)}static finalize(){if(this.hasOwnProperty(Nr("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(Nr("properties"))){let e=this.properties,t=[...Pd(e),...Vd(e)];for(let i of t)this.createProperty(i,e[i])}let r=this[Symbol.metadata];if(r!==null){let e=litPropertyMetadata.get(r);if(e!==void 0)for(let[t,i]of e)this.elementProperties.set(t,i)}this._$Eh=new Map;for(let[e,t]of this.elementProperties){let i=this._$Eu(e,t);i!==void 0&&this._$Eh.set(i,e)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(r){let e=[];if(Array.isArray(r)){let t=new Set(r.flat(1/0).reverse());for(let i of t)e.unshift(zo(i))}else r!==void 0&&e.push(zo(r));return e}static _$Eu(r,e){let t=e.attribute;return t===!1?void 0:typeof t=="string"?t:typeof r=="string"?r.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(r=>this.enableUpdating=r),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(r=>r(this))}addController(r){(this._$EO??=new Set).add(r),this.renderRoot!==void 0&&this.isConnected&&r.hostConnected?.()}removeController(r){this._$EO?.delete(r)}_$E_(){let r=new Map,e=this.constructor.elementProperties;for(let t of e.keys())this.hasOwnProperty(t)&&(r.set(t,this[t]),delete this[t]);r.size>0&&(this._$Ep=r)}createRenderRoot(){let r=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return Ia(r,this.constructor.elementStyles),r}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(r=>r.hostConnected?.())}enableUpdating(r){}disconnectedCallback(){this._$EO?.forEach(r=>r.hostDisconnected?.())}attributeChangedCallback(r,e,t){this._$AK(r,t)}_$ET(r,e){let t=this.constructor.elementProperties.get(r),i=this.constructor._$Eu(r,t);if(i!==void 0&&t.reflect===!0){let n=(t.converter?.toAttribute!==void 0?t.converter:Or).toAttribute(e,t.type);this._$Em=r,n==null?this.removeAttribute(i):this.setAttribute(i,n),this._$Em=null}}_$AK(r,e){let t=this.constructor,i=t._$Eh.get(r);if(i!==void 0&&this._$Em!==i){let n=t.getPropertyOptions(i),o=typeof n.converter=="function"?{fromAttribute:n.converter}:n.converter?.fromAttribute!==void 0?n.converter:Or;this._$Em=i;let a=o.fromAttribute(e,n.type);this[i]=a??this._$Ej?.get(i)??a,this._$Em=null}}requestUpdate(r,e,t,i=!1,n){if(r!==void 0){let o=this.constructor;if(i===!1&&(n=this[r]),t??=o.getPropertyOptions(r),!((t.hasChanged??an)(n,e)||t.useDefault&&t.reflect&&n===this._$Ej?.get(r)&&!this.hasAttribute(o._$Eu(r,t))))return;this.C(r,e,t)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(r,e,{useDefault:t,reflect:i,wrapped:n},o){t&&!(this._$Ej??=new Map).has(r)&&(this._$Ej.set(r,o??e??this[r]),n!==!0||o!==void 0)||(this._$AL.has(r)||(this.hasUpdated||t||(e=void 0),this._$AL.set(r,e)),i===!0&&this._$Em!==r&&(this._$Eq??=new Set).add(r))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(e){Promise.reject(e)}let r=this.scheduleUpdate();return r!=null&&await r,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[i,n]of this._$Ep)this[i]=n;this._$Ep=void 0}let t=this.constructor.elementProperties;if(t.size>0)for(let[i,n]of t){let{wrapped:o}=n,a=this[i];o!==!0||this._$AL.has(i)||a===void 0||this.C(i,void 0,n,a)}}let r=!1,e=this._$AL;try{r=this.shouldUpdate(e),r?(this.willUpdate(e),this._$EO?.forEach(t=>t.hostUpdate?.()),this.update(e)):this._$EM()}catch(t){throw r=!1,this._$EM(),t}r&&this._$AE(e)}willUpdate(r){}_$AE(r){this._$EO?.forEach(e=>e.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(r)),this.updated(r)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(r){return!0}update(r){this._$Eq&&=this._$Eq.forEach(e=>this._$ET(e,this[e])),this._$EM()}updated(r){}firstUpdated(r){}};Ue.elementStyles=[],Ue.shadowRootOptions={mode:"open"},Ue[Nr("elementProperties")]=new Map,Ue[Nr("finalized")]=new Map,Od?.({ReactiveElement:Ue}),(Hr.reactiveElementVersions??=[]).push("2.1.2");var hn=globalThis,Ma=s=>s,ln=hn.trustedTypes,_a=ln?ln.createPolicy("lit-html",{createHTML:s=>s}):void 0,Wo="$lit$",Be=`lit$${Math.random().toFixed(9).slice(2)}$`,Go="?"+Be,Hd=`<${Go}>`,Rt=hn.document===void 0?{createTreeWalker:()=>({})}:document,Ur=()=>Rt.createComment(""),Br=s=>s===null||typeof s!="object"&&typeof s!="function",Xo=Array.isArray,Na=s=>Xo(s)||typeof s?.[Symbol.iterator]=="function",jo=`[ 	
\f\r]`,Fr=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,La=/-->/g,$a=/>/g,Tt=RegExp(`>|${jo}(?:([^\\s"'>=/]+)(${jo}*=${jo}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),Pa=/'/g,Va=/"/g,Oa=/^(?:script|style|textarea|title)$/i,Qo=s=>(r,...e)=>({_$litType$:s,strings:r,values:e}),x=Qo(1),fn=Qo(2),vu=Qo(3),Z=Symbol.for("lit-noChange"),O=Symbol.for("lit-nothing"),Da=new WeakMap,It=Rt.createTreeWalker(Rt,129);function Ha(s,r){if(!Xo(s)||!s.hasOwnProperty("raw"))throw Error("invalid template strings array");return _a!==void 0?_a.createHTML(r):r}var Fa=(s,r)=>{let e=s.length-1,t=[],i,n=r===2?"<svg>":r===3?"<math>":"",o=Fr;for(let a=0;a<e;a++){let l=s[a],c,p,u=-1,h=0;for(;h<l.length&&(o.lastIndex=h,p=o.exec(l),p!==null);)h=o.lastIndex,o===Fr?p[1]==="!--"?o=La:p[1]!==void 0?o=$a:p[2]!==void 0?(Oa.test(p[2])&&(i=RegExp("</"+p[2],"g")),o=Tt):p[3]!==void 0&&(o=Tt):o===Tt?p[0]===">"?(o=i??Fr,u=-1):p[1]===void 0?u=-2:(u=o.lastIndex-p[2].length,c=p[1],o=p[3]===void 0?Tt:p[3]==='"'?Va:Pa):o===Va||o===Pa?o=Tt:o===La||o===$a?o=Fr:(o=Tt,i=void 0);let y=o===Tt&&s[a+1].startsWith("/>")?" ":"";n+=o===Fr?l+Hd:u>=0?(t.push(c),l.slice(0,u)+Wo+l.slice(u)+Be+y):l+Be+(u===-2?a:y)}return[Ha(s,n+(s[e]||"<?>")+(r===2?"</svg>":r===3?"</math>":"")),t]},zr=class s{constructor({strings:r,_$litType$:e},t){let i;this.parts=[];let n=0,o=0,a=r.length-1,l=this.parts,[c,p]=Fa(r,e);if(this.el=s.createElement(c,t),It.currentNode=this.el.content,e===2||e===3){let u=this.el.content.firstChild;u.replaceWith(...u.childNodes)}for(;(i=It.nextNode())!==null&&l.length<a;){if(i.nodeType===1){if(i.hasAttributes())for(let u of i.getAttributeNames())if(u.endsWith(Wo)){let h=p[o++],y=i.getAttribute(u).split(Be),v=/([.?@])?(.*)/.exec(h);l.push({type:1,index:n,name:v[2],strings:y,ctor:v[1]==="."?dn:v[1]==="?"?pn:v[1]==="@"?un:Mt}),i.removeAttribute(u)}else u.startsWith(Be)&&(l.push({type:6,index:n}),i.removeAttribute(u));if(Oa.test(i.tagName)){let u=i.textContent.split(Be),h=u.length-1;if(h>0){i.textContent=ln?ln.emptyScript:"";for(let y=0;y<h;y++)i.append(u[y],Ur()),It.nextNode(),l.push({type:2,index:++n});i.append(u[h],Ur())}}}else if(i.nodeType===8)if(i.data===Go)l.push({type:2,index:n});else{let u=-1;for(;(u=i.data.indexOf(Be,u+1))!==-1;)l.push({type:7,index:n}),u+=Be.length-1}n++}}static createElement(r,e){let t=Rt.createElement("template");return t.innerHTML=r,t}};function kt(s,r,e=s,t){if(r===Z)return r;let i=t!==void 0?e._$Co?.[t]:e._$Cl,n=Br(r)?void 0:r._$litDirective$;return i?.constructor!==n&&(i?._$AO?.(!1),n===void 0?i=void 0:(i=new n(s),i._$AT(s,e,t)),t!==void 0?(e._$Co??=[])[t]=i:e._$Cl=i),i!==void 0&&(r=kt(s,i._$AS(s,r.values),i,t)),r}var cn=class{constructor(r,e){this._$AV=[],this._$AN=void 0,this._$AD=r,this._$AM=e}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(r){let{el:{content:e},parts:t}=this._$AD,i=(r?.creationScope??Rt).importNode(e,!0);It.currentNode=i;let n=It.nextNode(),o=0,a=0,l=t[0];for(;l!==void 0;){if(o===l.index){let c;l.type===2?c=new Yt(n,n.nextSibling,this,r):l.type===1?c=new l.ctor(n,l.name,l.strings,this,r):l.type===6&&(c=new mn(n,this,r)),this._$AV.push(c),l=t[++a]}o!==l?.index&&(n=It.nextNode(),o++)}return It.currentNode=Rt,i}p(r){let e=0;for(let t of this._$AV)t!==void 0&&(t.strings!==void 0?(t._$AI(r,t,e),e+=t.strings.length-2):t._$AI(r[e])),e++}},Yt=class s{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(r,e,t,i){this.type=2,this._$AH=O,this._$AN=void 0,this._$AA=r,this._$AB=e,this._$AM=t,this.options=i,this._$Cv=i?.isConnected??!0}get parentNode(){let r=this._$AA.parentNode,e=this._$AM;return e!==void 0&&r?.nodeType===11&&(r=e.parentNode),r}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(r,e=this){r=kt(this,r,e),Br(r)?r===O||r==null||r===""?(this._$AH!==O&&this._$AR(),this._$AH=O):r!==this._$AH&&r!==Z&&this._(r):r._$litType$!==void 0?this.$(r):r.nodeType!==void 0?this.T(r):Na(r)?this.k(r):this._(r)}O(r){return this._$AA.parentNode.insertBefore(r,this._$AB)}T(r){this._$AH!==r&&(this._$AR(),this._$AH=this.O(r))}_(r){this._$AH!==O&&Br(this._$AH)?this._$AA.nextSibling.data=r:this.T(Rt.createTextNode(r)),this._$AH=r}$(r){let{values:e,_$litType$:t}=r,i=typeof t=="number"?this._$AC(r):(t.el===void 0&&(t.el=zr.createElement(Ha(t.h,t.h[0]),this.options)),t);if(this._$AH?._$AD===i)this._$AH.p(e);else{let n=new cn(i,this),o=n.u(this.options);n.p(e),this.T(o),this._$AH=n}}_$AC(r){let e=Da.get(r.strings);return e===void 0&&Da.set(r.strings,e=new zr(r)),e}k(r){Xo(this._$AH)||(this._$AH=[],this._$AR());let e=this._$AH,t,i=0;for(let n of r)i===e.length?e.push(t=new s(this.O(Ur()),this.O(Ur()),this,this.options)):t=e[i],t._$AI(n),i++;i<e.length&&(this._$AR(t&&t._$AB.nextSibling,i),e.length=i)}_$AR(r=this._$AA.nextSibling,e){for(this._$AP?.(!1,!0,e);r!==this._$AB;){let t=Ma(r).nextSibling;Ma(r).remove(),r=t}}setConnected(r){this._$AM===void 0&&(this._$Cv=r,this._$AP?.(r))}},Mt=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(r,e,t,i,n){this.type=1,this._$AH=O,this._$AN=void 0,this.element=r,this.name=e,this._$AM=i,this.options=n,t.length>2||t[0]!==""||t[1]!==""?(this._$AH=Array(t.length-1).fill(new String),this.strings=t):this._$AH=O}_$AI(r,e=this,t,i){let n=this.strings,o=!1;if(n===void 0)r=kt(this,r,e,0),o=!Br(r)||r!==this._$AH&&r!==Z,o&&(this._$AH=r);else{let a=r,l,c;for(r=n[0],l=0;l<n.length-1;l++)c=kt(this,a[t+l],e,l),c===Z&&(c=this._$AH[l]),o||=!Br(c)||c!==this._$AH[l],c===O?r=O:r!==O&&(r+=(c??"")+n[l+1]),this._$AH[l]=c}o&&!i&&this.j(r)}j(r){r===O?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,r??"")}},dn=class extends Mt{constructor(){super(...arguments),this.type=3}j(r){this.element[this.name]=r===O?void 0:r}},pn=class extends Mt{constructor(){super(...arguments),this.type=4}j(r){this.element.toggleAttribute(this.name,!!r&&r!==O)}},un=class extends Mt{constructor(r,e,t,i,n){super(r,e,t,i,n),this.type=5}_$AI(r,e=this){if((r=kt(this,r,e,0)??O)===Z)return;let t=this._$AH,i=r===O&&t!==O||r.capture!==t.capture||r.once!==t.once||r.passive!==t.passive,n=r!==O&&(t===O||i);i&&this.element.removeEventListener(this.name,this,t),n&&this.element.addEventListener(this.name,this,r),this._$AH=r}handleEvent(r){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,r):this._$AH.handleEvent(r)}},mn=class{constructor(r,e,t){this.element=r,this.type=6,this._$AN=void 0,this._$AM=e,this.options=t}get _$AU(){return this._$AM._$AU}_$AI(r){kt(this,r)}},Ua={M:Wo,P:Be,A:Go,C:1,L:Fa,R:cn,D:Na,V:kt,I:Yt,H:Mt,N:pn,U:un,B:dn,F:mn},Fd=hn.litHtmlPolyfillSupport;Fd?.(zr,Yt),(hn.litHtmlVersions??=[]).push("3.3.2");var Ba=(s,r,e)=>{let t=e?.renderBefore??r,i=t._$litPart$;if(i===void 0){let n=e?.renderBefore??null;t._$litPart$=i=new Yt(r.insertBefore(Ur(),n),n,void 0,e??{})}return i._$AI(s),i};var Yo=globalThis,C=class extends Ue{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let r=super.createRenderRoot();return this.renderOptions.renderBefore??=r.firstChild,r}update(r){let e=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(r),this._$Do=Ba(e,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return Z}};C._$litElement$=!0,C.finalized=!0,Yo.litElementHydrateSupport?.({LitElement:C});var Ud=Yo.litElementPolyfillSupport;Ud?.({LitElement:C});(Yo.litElementVersions??=[]).push("4.2.2");var k=s=>(r,e)=>{e!==void 0?e.addInitializer(()=>{customElements.define(s,r)}):customElements.define(s,r)};var Bd={attribute:!0,type:String,converter:Or,reflect:!1,hasChanged:an},zd=(s=Bd,r,e)=>{let{kind:t,metadata:i}=e,n=globalThis.litPropertyMetadata.get(i);if(n===void 0&&globalThis.litPropertyMetadata.set(i,n=new Map),t==="setter"&&((s=Object.create(s)).wrapped=!0),n.set(e.name,s),t==="accessor"){let{name:o}=e;return{set(a){let l=r.get.call(this);r.set.call(this,a),this.requestUpdate(o,l,s,!0,a)},init(a){return a!==void 0&&this.C(o,void 0,s,a),a}}}if(t==="setter"){let{name:o}=e;return function(a){let l=this[o];r.call(this,a),this.requestUpdate(o,l,s,!0,a)}}throw Error("Unsupported decorator location: "+t)};function g(s){return(r,e)=>typeof e=="object"?zd(s,r,e):((t,i,n)=>{let o=i.hasOwnProperty(n);return i.constructor.createProperty(n,t),o?Object.getOwnPropertyDescriptor(i,n):void 0})(s,r,e)}function M(s){return g({...s,state:!0,attribute:!1})}var tt=(s,r,e)=>(e.configurable=!0,e.enumerable=!0,Reflect.decorate&&typeof r!="object"&&Object.defineProperty(s,r,e),e);function Jt(s,r){return(e,t,i)=>{let n=o=>o.renderRoot?.querySelector(s)??null;if(r){let{get:o,set:a}=typeof t=="object"?e:i??(()=>{let l=Symbol();return{get(){return this[l]},set(c){this[l]=c}}})();return tt(e,t,{get(){let l=o.call(this);return l===void 0&&(l=n(this),(l!==null||this.hasUpdated)&&a.call(this,l)),l}})}return tt(e,t,{get(){return n(this)}})}}function za(s){return(r,e)=>{let{slot:t,selector:i}=s??{},n="slot"+(t?`[name=${t}]`:":not([name])");return tt(r,e,{get(){let o=this.renderRoot?.querySelector(n),a=o?.assignedElements(s)??[];return i===void 0?a:a.filter(l=>l.matches(i))}})}}function ja(s,r,e){Array.from(s.getElementsByTagName("*")).filter(n=>n.localName===r||n.localName?.toLowerCase()===r.toLowerCase()).forEach(n=>{let o=`${r}-${e}`,a=Ga(n,o);n.replaceWith(a)})}function Wa(s,r){s.querySelectorAll("*").forEach(e=>{let t=e.classList;t&&t.forEach(i=>{if(i.startsWith(`${r}:`)){let n=i.slice(`${r}:`.length),o=`${e.nodeName}-${n}`,a=Ga(e,o);e.replaceWith(a)}})})}function Ga(s,r){let e=s.ownerDocument.createElement(r);for(let t of s.attributes)e.setAttribute(t.name,t.value);for(;s.firstChild;)e.appendChild(s.firstChild);return e}function Xa(s){let r=[];return s.querySelectorAll("qti-assessment-item-ref").forEach(e=>{let t=e.getAttribute("identifier"),i=e.getAttribute("href"),n=e.getAttribute("category");r.push({identifier:t,href:i,category:n})}),r}function Kt(s,r){return fetch(s,{signal:r}).then(e=>{if(!e.ok)throw new Error(`HTTP error! status: ${e.status}`);return e.text()}).then(e=>new DOMParser().parseFromString(e,"text/xml")).catch(e=>{throw e.name==="AbortError"?e:new Error(`Failed to load XML: ${e.message}`)})}function Zt(s){return new DOMParser().parseFromString(s,"text/xml")}function Qa(s,r){if(s.nodeType===Node.ELEMENT_NODE){let e=s,t=r.createElement(e.localName);for(let i=0;i<e.attributes.length;i++){let n=e.attributes[i];t.setAttribute(n.localName,n.value)}for(let i=0;i<e.childNodes.length;i++)t.appendChild(Qa(e.childNodes[i],r));return t}return s.cloneNode(!1)}function er(s){let r=document.createDocumentFragment();for(let e=0;e<s.childNodes.length;e++)r.appendChild(Qa(s.childNodes[e],document));return r}function tr(s,r){r.endsWith("/")||(r+="/"),s.querySelectorAll("*").forEach(t=>{for(let i of["src","href","srcset","poster"]){let n=t.getAttribute(i)?.trim();if(n&&!/^(data:|https?:|blob:)/.test(n)){let o=r+encodeURI(n);t.setAttribute(i,o)}}})}function Ya(s){s.querySelectorAll('qti-custom-operator[class="js.org"] > qti-base-value').forEach(e=>{let t=document.createComment(e.textContent);e.replaceChild(t,e.firstChild)})}function Ja(s){s.querySelectorAll("qti-stylesheet").forEach(r=>r.remove())}function Ka(s){switch(s){case"qti-choice-interaction":case"qti-order-interaction":return"qti-simple-choice";case"qti-inline-choice-interaction":return"qti-inline-choice";case"qti-match-interaction":return["qti-simple-match-set:first-of-type qti-simple-associable-choice","qti-simple-match-set:last-of-type > qti-simple-associable-choice"];case"qti-gap-match-interaction":return"qti-gap-text";case"qti-associate-interaction":return"qti-simple-associable-choice";default:return null}}var Me=(s=!1)=>{let r,e="",t={load(i,n){e=i;let o=encodeURI(i);return s&&sessionStorage.getItem(o)?Promise.resolve(t.parse(sessionStorage.getItem(o))):Kt(i,n).then(a=>(r=a,t.shuffleInteractions(),s&&sessionStorage.setItem(o,new XMLSerializer().serializeToString(r)),t))},parse(i){return r=Zt(i),t},path:i=>(tr(r,i),e=null,t),fn(i){return i(r),t},pciHooks(i){let n=["hook","module"],o=i.substring(0,i.lastIndexOf("/"));for(let a of n)r.querySelectorAll("["+a+"]").forEach(c=>{let p=c.getAttribute(a);!p.startsWith("data:")&&!p.startsWith("http")&&(c.setAttribute("base-url",i),c.setAttribute("module",o+"/"+encodeURI(p+(p.endsWith(".js")?"":".js"))))});return t},async configurePci(i,n,o="qti-portable-custom-interaction"){let a=[],l=r.querySelectorAll(o);if(l.length===0)return t;let c=null,p=null,u=async()=>{if(c===null)try{c=await n(i,"/modules/module_resolution.js")}catch{c=null}if(p===null)try{p=await n(i,"/modules/fallback_module_resolution.js")}catch{p=null}};for(let h of Array.from(l)){h.setAttribute("data-base-url",i);let y=h.getAttribute("custom-interaction-type-identifier");y&&a.includes(y)&&(y=y+a.length,h.setAttribute("custom-interaction-type-identifier",y),a.push(y)),y&&a.push(y);let v=h.querySelector("qti-interaction-modules");if(v&&v.getAttribute("primary-configuration")){await u();let w=v.getAttribute("primary-configuration");if(w)try{let f=await n(i,`/${w}`),m=Array.from(v.querySelectorAll("qti-interaction-module"));for(let b of m){let q=b.getAttribute("id");if(q&&f.paths&&f.paths[q]){let A=f.paths[q],S=Array.isArray(A)?A[0]:A;if(b.setAttribute("primary-path",S),p&&p.paths&&p.paths[q]){let T=p.paths[q];Array.isArray(T)?b.setAttribute("fallback-path",T[0]):b.setAttribute("fallback-path",T)}}}if(f.paths){for(let b in f.paths)if(!v.querySelector(`qti-interaction-module[id="${b}"]`)){let A=r.createElement("qti-interaction-module");A.setAttribute("id",b);let S=Array.isArray(f.paths[b])?f.paths[b][0]:f.paths[b];if(A.setAttribute("primary-path",S),p&&p.paths&&p.paths[b]){let T=p.paths[b];Array.isArray(T)?A.setAttribute("fallback-path",T[0]):A.setAttribute("fallback-path",T)}v.appendChild(A)}}f.urlArgs&&v.setAttribute("url-args",f.urlArgs)}catch(f){console.warn(`Failed to load primary configuration: ${w}`,f)}}else if(await u(),c){h.querySelector("qti-interaction-modules")===null?(v=r.createElement("qti-interaction-modules"),h.appendChild(v)):v=h.querySelector("qti-interaction-modules");for(let w in c.paths){let f=c.paths[w],m="";p&&p.paths&&p.paths[w]&&(m=p.paths[w]);let b=Array.isArray(f)?f:[f],q=Array.isArray(m)?m:[m],A=b.map((S,T)=>{let _=q.length>T?q[T]:"";return{primaryPath:S,fallbackPath:_}});for(let S of q)A.some(T=>T.fallbackPath===S)||A.push({primaryPath:b.length>0?b[0]:S,fallbackPath:S});for(let S of A){let T=r.createElement("qti-interaction-module");S.fallbackPath&&T.setAttribute("fallback-path",S.fallbackPath),T.setAttribute("id",w),T.setAttribute("primary-path",S.primaryPath),v&&v.appendChild(T)}}}}return t},shuffleInteractions(){let i=r.querySelectorAll('[shuffle="true"]'),n=Array.from(i).filter(o=>o.tagName?.toLowerCase().endsWith("-interaction"));for(let o of n){let a=Ka(o.tagName.toLowerCase()),l=Array.isArray(a)?a:[a];for(let c of l){let p=Array.from(o.querySelectorAll(c)),u=p.map((m,b)=>({element:m,fixed:m.hasAttribute("fixed")&&m.getAttribute("fixed")==="true",originalOrder:b})).filter(m=>m.fixed),h=p.filter(m=>!m.hasAttribute("fixed")||m.getAttribute("fixed")!=="true");if(h.length<=1)return console.warn("Shuffling is not possible with fewer than 2 non-fixed elements."),t;let y=[...h],v=!1,w=0;for(;!v&&w<20;){w++;for(let m=h.length-1;m>0;m--){let b=Math.floor(Math.random()*(m+1));[h[m],h[b]]=[h[b],h[m]]}v=!h.every((m,b)=>m===y[b])}if(!v)return console.warn("Failed to shuffle the choices after multiple attempts."),null;o.removeAttribute("shuffle");let f=0;for(let m of h)m.parentElement.insertBefore(m,u[f]?.element),f++;for(let m of u)m.element.parentElement.insertBefore(m.element,h[m.originalOrder])}}return t},extendElementName:(i,n)=>(ja(r,i,n),t),extendElementsWithClass:(i="extend")=>(Wa(r,i),t),customInteraction(i,n){let o=r.querySelector("qti-custom-interaction"),a=o.querySelector("object");return o.setAttribute("data-base-ref",i),o.setAttribute("data-base-item",i+n),o.setAttribute("data",a.getAttribute("data")),o.setAttribute("width",a.getAttribute("width")),o.setAttribute("height",a.getAttribute("height")),o.removeChild(a),t},convertCDATAtoComment(){return Ya(r),t},stripStyleSheets(){return Ja(r),t},html(){return e!==null&&tr(r,e.substring(0,e.lastIndexOf("/"))),new XMLSerializer().serializeToString(er(r))},xml(){return new XMLSerializer().serializeToString(r)},htmlDoc(){return e!==null&&tr(r,e.substring(0,e.lastIndexOf("/"))),er(r)},xmlDoc(){return r}};return t};var Za=()=>{let s,r={async load(e,t){return new Promise(i=>{Kt(e,t).then(n=>(s=n,i(r)))})},parse(e){s=Zt(e)},assessmentTest(){let e=s.querySelector('resource[type="imsqti_test_xmlv3p0"]');return{href:e.getAttribute("href"),identifier:e.getAttribute("identifier")}}};return r};var rr=()=>{let s,r={async load(e,t){return new Promise((i,n)=>{Kt(e,t).then(o=>(s=o,r.path(e.substring(0,e.lastIndexOf("/"))),i(r)))})},parse(e){return s=Zt(e),r},path:e=>(tr(s,e),r),fn(e){return e(s),r},items(){return Xa(s)},html(){return new XMLSerializer().serializeToString(er(s))},xml(){return new XMLSerializer().serializeToString(s)},htmlDoc(){return er(s)},xmlDoc(){return s}};return r};var el=s=>{class r extends s{constructor(...i){super(...i);this.navigate=null;this.cacheTransform=!1;this.requestTimeout=3e4;this.postLoadTransformCallback=null;this.postLoadTestTransformCallback=null;this._activeController=null;this._loadResults=[];this._navigationId=0;this._loadingState={expectedItems:0,connectedItems:0,expectedStimulus:0,loadedStimulus:0,isComplete:!1};this._loadedStimulusHrefs=new Set;this._loadingStimulusHrefs=new Set;this._bindEventHandlers()}navigateTo(i,n){let o=n||this._getDefaultNavigationId(i);o&&this.dispatchEvent(new CustomEvent("qti-request-navigation",{detail:{type:i,id:o},bubbles:!0,composed:!0}))}_bindEventHandlers(){this.addEventListener("qti-request-navigation",this._handleNavigationRequest.bind(this)),this.addEventListener("qti-assessment-test-connected",this._handleTestConnected.bind(this)),this.addEventListener("qti-assessment-item-connected",this._handleItemConnected.bind(this)),this.addEventListener("qti-assessment-stimulus-ref-connected",this._handleStimulusRefConnected.bind(this))}_handleTestConnected(i){this._testElement=i.detail,this._initializeNavigation()}_handleItemConnected(i){let n=i.detail;this._loadingState.connectedItems++;let o=n.querySelectorAll("qti-assessment-stimulus-ref");this._loadingState.expectedStimulus+=o.length,this._checkLoadingComplete()}async _handleStimulusRefConnected(i){i.preventDefault();let{element:n,item:o}=i;if(console.info("Stimulus ref connected:",{identifier:n.identifier,href:n.href,item:o.identifier}),this._loadedStimulusHrefs.has(n.href)){console.info("Stimulus already loaded, skipping:",n.href),this._loadingState.loadedStimulus++,this._checkLoadingComplete();return}if(this._loadingStimulusHrefs.has(n.href)){console.info("Stimulus already loading, skipping duplicate:",n.href),this._loadingState.loadedStimulus++,this._checkLoadingComplete();return}this._loadingStimulusHrefs.add(n.href),console.info("Starting stimulus load:",n.href);try{await this._loadStimulusRef(n,o),this._loadedStimulusHrefs.add(n.href),this._loadingState.loadedStimulus++,console.info("Stimulus loaded successfully:",n.href),this._checkLoadingComplete()}catch(a){a.name!=="AbortError"&&console.warn(`Failed to load stimulus ${n.identifier}:`,a),this._loadingState.loadedStimulus++,this._checkLoadingComplete()}finally{this._loadingStimulusHrefs.delete(n.href)}}_getDefaultNavigationId(i){return i==="section"?this._testElement?.querySelector("qti-assessment-section")?.identifier:this.sessionContext?.navItemRefId??this._testElement?.querySelector("qti-assessment-item-ref")?.identifier}_initializeNavigation(){if(!this.navigate)return;let i=this._getDefaultNavigationId(this.navigate);i&&this.navigateTo(this.navigate,i)}async _handleNavigationRequest({detail:i}){if(!i?.id)return;this._cancelPreviousNavigation();let n=++this._navigationId,o=new AbortController;try{this._dispatchLoadingStarted(i.type,i.id),this._activeController=o,await this._executeNavigation(i.type,i.id,n,o)}catch(a){this._handleNavigationError(a,i.type,i.id)}finally{this._activeController===o&&(this._activeController=null),this._dispatchLoadingEnded(i.type,i.id)}}_handleNavigationError(i,n,o){i.name!=="AbortError"&&this._dispatchError(this._createNavigationError(i,n,o))}async _executeNavigation(i,n,o,a){i==="item"?await this._navigateToItem(n,o,a):await this._navigateToSection(n,o,a)}async _navigateToItem(i,n,o){let a=this._findItemRef(i);this._updateSessionContext(a,i),this._resetLoadingState(),this._loadingState.expectedItems=1,await this._loadItems([i],n,o),await this._waitForLoadingComplete(n,o),!this._isStaleNavigation(n,o)&&this._dispatchTestLoaded(this._loadResults)}async _navigateToSection(i,n,o){let l=this._findSection(i)?.closest("qti-test-part")?.identifier;this.sessionContext={...this.sessionContext,navPartId:l,navSectionId:i,navItemRefId:null};let c=this._getSectionItemIds(i);this._resetLoadingState(),this._loadingState.expectedItems=c.length,await this._loadItems(c,n,o),await this._waitForLoadingComplete(n,o),!this._isStaleNavigation(n,o)&&this._dispatchTestLoaded(this._loadResults)}_resetLoadingState(){this._loadingState={expectedItems:0,connectedItems:0,expectedStimulus:0,loadedStimulus:0,isComplete:!1},this._loadedStimulusHrefs.clear(),this._loadingStimulusHrefs.clear()}_checkLoadingComplete(){let i=this._loadingState.connectedItems>=this._loadingState.expectedItems,n=this._loadingState.loadedStimulus>=this._loadingState.expectedStimulus;i&&n&&!this._loadingState.isComplete&&(this._loadingState.isComplete=!0)}async _waitForLoadingComplete(i,n){for(;!this._loadingState.isComplete;){if(this._isStaleNavigation(i,n))return;await new Promise(o=>setTimeout(o,10))}}getLoadingProgress(){return{...this._loadingState}}async _loadStimulusRef(i,n){console.info("Loading stimulus:",i.href);let o=await this._loadStimulus(i.href);console.info("Stimulus loaded, applying content:",o?"has content":"no content"),this._applyStimulusContent(o,i,n)}_applyStimulusContent(i,n,o){if(!i){console.warn("No stimulus content to apply");return}let a=i.querySelectorAll("qti-stimulus-body, qti-stylesheet");if(console.info(`Found ${a.length} stimulus elements to apply for ${n.identifier}`),a.length===0){console.warn("No qti-stimulus-body or qti-stylesheet elements found in stimulus");return}let l=[],c=o.querySelector(`[data-stimulus-idref="${n.identifier}"]`);if(c)l.push(c),console.info("Found specific target:",c);else{let p=Array.from(this.querySelectorAll(`[data-stimulus-idref="${n.identifier}"]`));if(p.length>0)l=p,console.info("Found targets by identifier:",p.length);else{let u=Array.from(this.querySelectorAll("[data-stimulus-idref]"));l=u,console.info("Using fallback targets:",u.length)}}if(l.length===0){console.warn("No targets found for stimulus content");return}l.forEach((p,u)=>{p.innerHTML="";let h=Array.from(a).map(y=>y.cloneNode(!0));p.append(...h),console.info(`Applied stimulus content to target ${u+1}/${l.length}`)})}_cancelPreviousNavigation(){this._activeController&&(this._activeController.abort(),console.info("Previous navigation request cancelled")),this._clearNavigationState()}_clearNavigationState(){this._clearLoadedItems(),this._resetLoadingState(),this._loadResults=[]}async _loadItems(i,n,o){if(!this._testElement||i.length===0)return;let a=i.map(p=>this._findItemRef(p));this._clearLoadedItems(),this._clearStimulusRef();let c=(await Promise.all(a.map(p=>this._loadSingleItem(p,n,o)))).filter(Boolean);this._isStaleNavigation(n,o)||(c.forEach(({itemRef:p,doc:u})=>{p&&u&&(p.xmlDoc=u)}),c.forEach(({itemRef:p})=>{let u=p?.identifier;if(!p||!u)return;let h=this.testContext.items.find(y=>y.identifier===u)?.state;h!==void 0&&p.updateComplete.then(()=>{let y=p.assessmentItem;y&&(y.state=h)})}),this._loadResults=c)}async _loadSingleItem(i,n,o){try{let a=await Me(this.cacheTransform).load(i.href,o.signal);return this.postLoadTransformCallback&&(a=await this.postLoadTransformCallback(a,i)),this._isStaleNavigation(n,o)?null:{itemRef:i,doc:a.htmlDoc()}}catch(a){if(a.name==="AbortError")throw console.info(`Item load for ${i.identifier} was aborted`),a;return console.warn(`Failed to load item ${i.identifier}:`,a),null}}async _loadStimulus(i){return(await Me().load(i,this._activeController?.signal)).htmlDoc()}_findItemRef(i){let n=this._testElement?.querySelector(`qti-assessment-item-ref[identifier="${i}"]`);if(!n)throw new Error(`Item with identifier "${i}" not found`);return n}_findSection(i){return this._testElement?.querySelector(`qti-assessment-section[identifier="${i}"]`)||null}_updateSessionContext(i,n){let o=i.closest("qti-test-part")?.identifier,a=i.closest("qti-assessment-section")?.identifier;this.sessionContext={...this.sessionContext,navPartId:o,navSectionId:a,navItemRefId:n}}_getSectionItemIds(i){return Array.from(this._testElement.querySelectorAll(`qti-assessment-section[identifier="${i}"] > qti-assessment-item-ref`)).map(n=>n.identifier).filter(Boolean)}_clearLoadedItems(){let i=this._testElement?.querySelectorAll("qti-assessment-item-ref");Array.from(i||[]).forEach(n=>{n.xmlDoc=null})}_clearStimulusRef(){this.querySelectorAll("[data-stimulus-idref]").forEach(i=>i.innerHTML="")}_isStaleNavigation(i,n){return n.signal.aborted||i!==this._navigationId}_createNavigationError(i,n,o){return{message:i.message||`Failed to load ${n}: ${o}`,details:i,itemId:n==="item"?o:void 0,sectionId:n==="section"?o:void 0}}_dispatchLoadingStarted(i,n){this.dispatchEvent(new CustomEvent("qti-navigation-loading-started",{detail:{type:i,id:n},bubbles:!0,composed:!0}))}_dispatchLoadingEnded(i,n){this.dispatchEvent(new CustomEvent("qti-navigation-loading-ended",{detail:{type:i,id:n},bubbles:!0,composed:!0}))}_dispatchError(i){this.dispatchEvent(new CustomEvent("qti-navigation-error",{detail:i,bubbles:!0,composed:!0}))}_dispatchTestLoaded(i){requestAnimationFrame(()=>{this.dispatchEvent(new CustomEvent("qti-test-loaded",{detail:i.map(({itemRef:n})=>({identifier:n?.identifier,element:n})),bubbles:!0,composed:!0}))})}}return d([g({type:String})],r.prototype,"navigate",2),d([g({type:Boolean,attribute:"cache-transform"})],r.prototype,"cacheTransform",2),d([g({type:Number})],r.prototype,"requestTimeout",2),d([g({attribute:!1})],r.prototype,"postLoadTransformCallback",2),d([g({attribute:!1})],r.prototype,"postLoadTestTransformCallback",2),r};var tl=s=>{class r extends s{constructor(...t){super(...t),this.sessionContext={...this.sessionContext,view:"candidate"},this.addEventListener("on-test-switch-view",i=>{this.sessionContext={...this.sessionContext,view:i.detail},this._updateElementView()}),this.addEventListener("qti-assessment-test-connected",()=>{this._updateElementView()}),this.addEventListener("qti-assessment-item-connected",i=>{this._updateElementView(),this._setCorrectResponseVisibility(i.detail)})}willUpdate(t){super.willUpdate(t),t.has("sessionContext")&&this._updateElementView()}_updateElementView(){if(this._testElement){Array.from(this._testElement.querySelectorAll("[view]")).forEach(o=>{o.classList.toggle("show",o.getAttribute("view")===this.sessionContext.view)});let n=this._testElement.querySelector(`qti-assessment-item-ref[identifier="${this.sessionContext.navItemRefId}"]`)?.assessmentItem;n&&n.showCorrectResponse(this.sessionContext.view==="scorer")}}_setCorrectResponseVisibility(t){t.showCorrectResponse(this.sessionContext.view==="scorer")}}return r};var rt=class extends Event{constructor(r,e,t,i){super("context-request",{bubbles:!0,composed:!0}),this.context=r,this.contextTarget=e,this.callback=t,this.subscribe=i??!1}};var ir=class{constructor(r,e,t,i){if(this.subscribe=!1,this.provided=!1,this.value=void 0,this.t=(n,o)=>{this.unsubscribe&&(this.unsubscribe!==o&&(this.provided=!1,this.unsubscribe()),this.subscribe||this.unsubscribe()),this.value=n,this.host.requestUpdate(),this.provided&&!this.subscribe||(this.provided=!0,this.callback&&this.callback(n,o)),this.unsubscribe=o},this.host=r,e.context!==void 0){let n=e;this.context=n.context,this.callback=n.callback,this.subscribe=n.subscribe??!1}else this.context=e,this.callback=t,this.subscribe=i??!1;this.host.addController(this)}hostConnected(){this.dispatchRequest()}hostDisconnected(){this.unsubscribe&&(this.unsubscribe(),this.unsubscribe=void 0)}dispatchRequest(){this.host.dispatchEvent(new rt(this.context,this.host,this.t,this.subscribe))}};var gn=class{get value(){return this.o}set value(r){this.setValue(r)}setValue(r,e=!1){let t=e||!Object.is(r,this.o);this.o=r,t&&this.updateObservers()}constructor(r){this.subscriptions=new Map,this.updateObservers=()=>{for(let[e,{disposer:t}]of this.subscriptions)e(this.o,t)},r!==void 0&&(this.value=r)}addCallback(r,e,t){if(!t)return void r(this.value);this.subscriptions.has(r)||this.subscriptions.set(r,{disposer:()=>{this.subscriptions.delete(r)},consumerHost:e});let{disposer:i}=this.subscriptions.get(r);r(this.value,i)}clearCallbacks(){this.subscriptions.clear()}};var Jo=class extends Event{constructor(r,e){super("context-provider",{bubbles:!0,composed:!0}),this.context=r,this.contextTarget=e}},nr=class extends gn{constructor(r,e,t){super(e.context!==void 0?e.initialValue:t),this.onContextRequest=i=>{if(i.context!==this.context)return;let n=i.contextTarget??i.composedPath()[0];n!==this.host&&(i.stopPropagation(),this.addCallback(i.callback,n,i.subscribe))},this.onProviderRequest=i=>{if(i.context!==this.context||(i.contextTarget??i.composedPath()[0])===this.host)return;let n=new Set;for(let[o,{consumerHost:a}]of this.subscriptions)n.has(o)||(n.add(o),a.dispatchEvent(new rt(this.context,a,o,!0)));i.stopPropagation()},this.host=r,e.context!==void 0?this.context=e.context:this.context=e,this.attachListeners(),this.host.addController?.(this)}attachListeners(){this.host.addEventListener("context-request",this.onContextRequest),this.host.addEventListener("context-provider",this.onProviderRequest)}hostConnected(){this.host.dispatchEvent(new Jo(this.context,this.host))}};function ce({context:s}){return(r,e)=>{let t=new WeakMap;if(typeof e=="object")return{get(){return r.get.call(this)},set(i){return t.get(this).setValue(i),r.set.call(this,i)},init(i){return t.set(this,new nr(this,{context:s,initialValue:i})),i}};{r.constructor.addInitializer((o=>{t.set(o,new nr(o,{context:s}))}));let i=Object.getOwnPropertyDescriptor(r,e),n;if(i===void 0){let o=new WeakMap;n={get(){return o.get(this)},set(a){t.get(this).setValue(a),o.set(this,a)},configurable:!0,enumerable:!0}}else{let o=i.set;n={...i,set(a){t.get(this).setValue(a),o?.call(this,a)}}}return void Object.defineProperty(r,e,n)}}}function $({context:s,subscribe:r}){return(e,t)=>{typeof t=="object"?t.addInitializer((function(){new ir(this,{context:s,callback:i=>{e.set.call(this,i)},subscribe:r})})):e.constructor.addInitializer((i=>{new ir(i,{context:s,callback:n=>{i[t]=n},subscribe:r})}))}}var it=Symbol("computedItemContext");var G=Symbol("computedContext");var be=Symbol("configContext");var rl=[{identifier:"completionStatus",cardinality:"single",baseType:"string",value:"unknown",type:"outcome"},{identifier:"numAttempts",cardinality:"single",baseType:"integer",value:"0",type:"response"}];var W=Symbol("item");var or=Symbol("qtiContext");var Ko={view:"candidate"},nt=Symbol("testContext");var Zo={items:[],testOutcomeVariables:[]},_e=Symbol("testContext");function B(s,r){let e={waitUntilFirstUpdate:!1,...r};return(t,i)=>{let{update:n}=t,o=Array.isArray(s)?s:[s];t.update=function(a){o.forEach(l=>{let c=l;if(a.has(c)){let p=a.get(c),u=this[c];p!==u&&(!e.waitUntilFirstUpdate||this.hasUpdated)&&this[i](p,u)}}),n.call(this,a)}}}var ot={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},de=s=>(...r)=>({_$litDirective$:s,values:r}),Le=class{constructor(r){}get _$AU(){return this._$AM._$AU}_$AT(r,e,t){this._$Ct=r,this._$AM=e,this._$Ci=t}_$AS(r,e){return this.update(r,e)}update(r,e){return this.render(...e)}};var{I:jd}=Ua,il=s=>s,ol=s=>s===null||typeof s!="object"&&typeof s!="function";var sl=s=>s.strings===void 0,nl=()=>document.createComment(""),sr=(s,r,e)=>{let t=s._$AA.parentNode,i=r===void 0?s._$AB:r._$AA;if(e===void 0){let n=t.insertBefore(nl(),i),o=t.insertBefore(nl(),i);e=new jd(n,o,s,s.options)}else{let n=e._$AB.nextSibling,o=e._$AM,a=o!==s;if(a){let l;e._$AQ?.(s),e._$AM=s,e._$AP!==void 0&&(l=s._$AU)!==o._$AU&&e._$AP(l)}if(n!==i||a){let l=e._$AA;for(;l!==n;){let c=il(l).nextSibling;il(t).insertBefore(l,i),l=c}}}return e},st=(s,r,e=s)=>(s._$AI(r,e),s),Wd={},al=(s,r=Wd)=>s._$AH=r,ll=s=>s._$AH,bn=s=>{s._$AR(),s._$AA.remove()};var jr=(s,r)=>{let e=s._$AN;if(e===void 0)return!1;for(let t of e)t._$AO?.(r,!1),jr(t,r);return!0},vn=s=>{let r,e;do{if((r=s._$AM)===void 0)break;e=r._$AN,e.delete(s),s=r}while(e?.size===0)},cl=s=>{for(let r;r=s._$AM;s=r){let e=r._$AN;if(e===void 0)r._$AN=e=new Set;else if(e.has(s))break;e.add(s),Qd(r)}};function Gd(s){this._$AN!==void 0?(vn(this),this._$AM=s,cl(this)):this._$AM=s}function Xd(s,r=!1,e=0){let t=this._$AH,i=this._$AN;if(i!==void 0&&i.size!==0)if(r)if(Array.isArray(t))for(let n=e;n<t.length;n++)jr(t[n],!1),vn(t[n]);else t!=null&&(jr(t,!1),vn(t));else jr(this,s)}var Qd=s=>{s.type==ot.CHILD&&(s._$AP??=Xd,s._$AQ??=Gd)},at=class extends Le{constructor(){super(...arguments),this._$AN=void 0}_$AT(r,e,t){super._$AT(r,e,t),cl(this),this.isConnected=r._$AU}_$AO(r,e=!0){r!==this.isConnected&&(this.isConnected=r,r?this.reconnected?.():this.disconnected?.()),e&&(jr(this,r),vn(this))}setValue(r){if(sl(this._$Ct))this._$Ct._$AI(r,this);else{let e=[...this._$Ct._$AH];e[this._$Ci]=r,this._$Ct._$AI(e,this,0)}}disconnected(){}reconnected(){}};var es=class extends at{constructor(){super(...arguments);this.prevData={}}render(e){return O}update(e,[t]){return this.element!==e.element&&(this.element=e.element),this.host=e.options?.host||this.element,this.apply(t),this.groom(t),this.prevData={...t},O}apply(e){let t=this.#e(e),{prevData:i,element:n}=this;for(let o in t){let a=t[o];a!==i[o]&&(a===!0?n.setAttribute(o,""):a===!1?n.removeAttribute(o):a!=null?n.setAttribute(o,String(a)):n.removeAttribute(o))}}groom(e){let{prevData:t,element:i}=this;if(!t)return;let n=e?this.#e(e):{};for(let o in t)(!n||!(o in n))&&i.removeAttribute(o)}#e(e){return Object.fromEntries(Object.entries(e).filter(([t,i])=>typeof i=="function"?!1:t==="max-choices"&&i===0?!0:!(i===""||i===null||i===void 0)))}},Ih=de(es);var dl=(t=>(t.Correct="correct",t.PartiallyCorrect="partially-correct",t.Incorrect="incorrect",t))(dl||{}),V=class extends C{constructor(){super();this.disabled=!1;this.readonly=!1;this.showCorrectResponse=!1;this._handleShowCorrectResponseChange=(e,t)=>{this.toggleInternalCorrectResponse(t)};this.showFullCorrectResponse=!1;this._handleShowFullCorrectResponseChange=(e,t)=>{this.toggleFullCorrectResponse(t)};this.showCandidateCorrection=!1;this._handleShowCandidateCorrectionChange=(e,t)=>{this.toggleCandidateCorrection(t)};this._correctResponse=null;this._internals=this.attachInternals()}static{this.formAssociated=!0}get internals(){return this._internals}set correctResponseAttr(e){e===null?this._correctResponse=null:e.includes(",")?this._correctResponse=e.split(",").map(t=>t.trim()):this._correctResponse=e}get correctResponseAttr(){return this._correctResponse===null||this._correctResponse===void 0?null:Array.isArray(this._correctResponse)?this._correctResponse.join(","):this._correctResponse}get isFullCorrectResponse(){return this._isFullCorrectResponse}set isFullCorrectResponse(e){this._isFullCorrectResponse=e,e&&(this.disabled=!0,this.setAttribute("inert",""),this.setAttribute("response-identifier",this.responseIdentifier+"_cr"))}get correctResponse(){let e=this.responseVariable;return e?.correctResponse?e.correctResponse:this._correctResponse}set correctResponse(e){let t=this._correctResponse;this._correctResponse=e,e==null?this.removeAttribute("correct-response"):this.setAttribute("correct-response",Array.isArray(e)?e.join(","):e),this.requestUpdate("_correctResponse",t)}get correctness(){let e=this.correctResponse;if(!e)return null;let t=this.response;if(t==null||t===""||Array.isArray(t)&&t.length===0)return null;let i=Array.isArray(e)?e:[e],o=(Array.isArray(t)?t:[t]).filter(c=>c!=="");if(o.length===0)return null;let a=o.filter(c=>i.includes(c)).length,l=o.filter(c=>!i.includes(c)).length;return a===i.length&&l===0&&o.length===i.length?"correct":a>0&&(a<i.length||l>0)?"partially-correct":"incorrect"}get isInline(){return!1}get responseVariable(){if(!this._context?.variables)return;let e=this._context.variables.filter(i=>i.type==="response"),t=this.getAttribute("response-identifier");return e.find(i=>i.identifier===t)}toggleCorrectResponse(e){(this?.configContext?.correctResponseMode||"internal")==="full"?this.toggleFullCorrectResponse(e):this.toggleInternalCorrectResponse(e)}async toggleFullCorrectResponse(e){let t=this.nextSibling,i=t instanceof HTMLDivElement&&t?.classList.contains("full-correct-response"),n=this.correctResponse;if(!n)return;if(!(e&&(this?.configContext?.fullCorrectResponseOnlyWhenIncorrect===!1||this.correctness!=="correct"))){if(!i)return;this.parentElement?.removeChild(t);return}if(i)return;let a=this.cloneNode(!0);a.removeAttribute("show-full-correct-response"),a.removeAttribute("show-correct-response"),a.removeAttribute("show-candidate-correction");let l=document.createElement("div");l.classList.add("full-correct-response"),this.isInline?l.classList.add("full-correct-response-inline"):l.classList.add("full-correct-response-block"),l.role="full-correct-response",l.appendChild(a),a.isFullCorrectResponse=!0,this.parentElement?.insertBefore(l,this.nextSibling),await a.updateComplete,a.response=Array.isArray(n)?[...n]:n}toggleInternalCorrectResponse(e){this._internals.states.delete("show-correct-response"),e&&this.correctResponse&&this._internals.states.add("show-correct-response")}toggleCandidateCorrection(e){this._internals.states.delete("candidate-correct"),this._internals.states.delete("candidate-partially-correct"),this._internals.states.delete("candidate-incorrect"),e&&(this.correctness==="correct"&&this._internals.states.add("candidate-correct"),this.correctness==="partially-correct"&&this._internals.states.add("candidate-partially-correct"),this.correctness==="incorrect"&&this._internals.states.add("candidate-incorrect"))}get value(){return JSON.stringify(this.response)}set value(e){this.response=e?JSON.parse(e):null}reportValidity(){return this._internals.reportValidity()}reset(){this.response=null}formResetCallback(){this.reset()}connectedCallback(){super.connectedCallback(),!this.isFullCorrectResponse&&this.dispatchEvent(new CustomEvent("qti-register-interaction",{bubbles:!0,composed:!0,cancelable:!1,detail:{interactionElement:this,responseIdentifier:this.responseIdentifier}}))}firstUpdated(){this.isFullCorrectResponse||(this.showCorrectResponse&&this.toggleInternalCorrectResponse(!0),this.showFullCorrectResponse&&this.toggleFullCorrectResponse(!0),this.showCandidateCorrection&&this.toggleCandidateCorrection(!0))}saveResponse(e,t){this.dispatchEvent(new CustomEvent("qti-interaction-response",{bubbles:!0,composed:!0,cancelable:!1,detail:{responseIdentifier:this.responseIdentifier,response:Array.isArray(e)?[...e]:e,...t!==void 0?{state:t}:{}}}))}};d([$({context:W,subscribe:!0})],V.prototype,"_context",2),d([$({context:be,subscribe:!0})],V.prototype,"configContext",2),d([g({type:String,attribute:"response-identifier"})],V.prototype,"responseIdentifier",2),d([g({reflect:!0,type:Boolean})],V.prototype,"disabled",2),d([g({reflect:!0,type:Boolean})],V.prototype,"readonly",2),d([g({type:String})],V.prototype,"name",2),d([g({type:String,attribute:"correct-response",reflect:!0})],V.prototype,"correctResponseAttr",1),d([g({type:Boolean,attribute:"show-correct-response",reflect:!0})],V.prototype,"showCorrectResponse",2),d([B("showCorrectResponse",{waitUntilFirstUpdate:!0})],V.prototype,"_handleShowCorrectResponseChange",2),d([g({type:Boolean,attribute:"show-full-correct-response",reflect:!0})],V.prototype,"showFullCorrectResponse",2),d([B("showFullCorrectResponse",{waitUntilFirstUpdate:!0})],V.prototype,"_handleShowFullCorrectResponseChange",2),d([g({type:Boolean,attribute:"show-candidate-correction",reflect:!0})],V.prototype,"showCandidateCorrection",2),d([B("showCandidateCorrection",{waitUntilFirstUpdate:!0})],V.prototype,"_handleShowCandidateCorrectionChange",2),d([M()],V.prototype,"_isFullCorrectResponse",2),d([M()],V.prototype,"_correctResponse",2);var ar=class extends C{render(){return x`<slot></slot>`}defaultValues(r){let e=Array.from(this.querySelectorAll("qti-default-value > qti-value"));if(e.length===0)return null;let t=e.map(i=>i.innerHTML.trim());return t.length>1||r==="multiple"||r==="ordered"?t:t[0]}};var R=class extends C{constructor(){super(...arguments);this.getVariables=()=>Array.from(this.children).map(e=>{switch(console.debug("getVariables",e.tagName.toLowerCase()),e.tagName.toLowerCase()){case"qti-base-value":return{baseType:e.getAttribute("base-type"),value:e.textContent.trim(),cardinality:"single"};case"qti-variable":{let t=e.getAttribute("identifier")||"";return t==="QTI_CONTEXT"?this.qtiContext?.QTI_CONTEXT?{identifier:"QTI_CONTEXT",baseType:"record",value:this.qtiContext.QTI_CONTEXT,cardinality:"record",type:"context"}:(console.warn("QTI_CONTEXT not available"),{identifier:"QTI_CONTEXT",baseType:"record",value:this.qtiContext.QTI_CONTEXT,cardinality:"record",type:"context"}):this.context.variables.find(n=>n.identifier===t)||null}case"qti-multiple":{let i=e.getResult();return console.debug("values",i),i?.length>0?{identifier:"",baseType:i[0].baseType,value:i.map(n=>n.value),cardinality:"multiple",type:"response"}:null}case"qti-ordered":{let i=e.getResult();return i?.length>0?{identifier:"",baseType:i[0].baseType,value:i.map(n=>n.value),cardinality:"ordered",type:"response"}:null}case"qti-repeat":{let i=e.getResult();return i?.length>0?i:null}case"qti-correct":{let t=e.getAttribute("identifier")||"",i=this.context?.variables?.find(n=>n.identifier===t)||null;return{baseType:i.baseType,value:i.correctResponse,cardinality:i.cardinality}}default:{try{return{baseType:"integer",value:e.getResult()?.toString()||null,cardinality:"single"}}catch{console.warn("default not sufficient")}return null}}}).flatMap(e=>Array.isArray(e)?e:[e]).filter(e=>e!==null)}static{this.styles=E`
    slot {
      display: none;
    }
  `}render(){return x`<pre>${JSON.stringify(this.result,null,2)}</pre>
      <slot></slot>`}calculate(){return this.result=this.getResult(),this.result}getResult(){throw new Error("Not implemented")}};d([M()],R.prototype,"result",2),d([$({context:W,subscribe:!0}),M()],R.prototype,"context",2),d([$({context:or,subscribe:!0}),M()],R.prototype,"qtiContext",2);var ve=class extends R{calculate(){return this.result=this.getResult(),this.result}getResult(){throw new Error("Not implemented")}};var Yd=()=>new Intl.NumberFormat().format(.1).replace(/\d/g,""),we=s=>{if(typeof s=="string")return s;let r=Yd();return r==="."?s.toLocaleString():s.toString().replace(".","").replace(r,".")};function ts(s){return s==null}function yn(s){return s.replace(/([^:]\/)\/+/g,"$1").replace(/\/\//g,"/").replace("http:/","http://").replace("https:/","https://")}var pe=class extends C{constructor(){super(...arguments);this.showHide="show"}connectedCallback(){super.connectedCallback(),this.dispatchEvent(new CustomEvent("qti-register-feedback",{bubbles:!0,composed:!0,detail:this}))}checkShowFeedback(e){let t=this._context.variables.find(n=>n.identifier===e)||null;if(this.outcomeIdentifier!==e||!t)return;let i=!1;Array.isArray(t.value)?i=t.value.includes(this.identifier):i=!ts(this.identifier)&&!ts(t?.value)&&this.identifier===t.value||!1,this.#e(i)}#e(e){this.showStatus=e&&this.showHide==="show"||!e&&this.showHide==="hide"?"on":"off"}};d([g({type:String,attribute:"show-hide"})],pe.prototype,"showHide",2),d([g({type:String,attribute:"outcome-identifier"})],pe.prototype,"outcomeIdentifier",2),d([g({type:String})],pe.prototype,"identifier",2),d([g({type:String,attribute:!1})],pe.prototype,"showStatus",2),d([$({context:W,subscribe:!0}),M()],pe.prototype,"_context",2);var pl=class extends C{};var J=class{static isPointInArea(r,e,t){if(t!=="point")return console.warn(`Base type ${t} is not supported for point area mapping.`),!1;let[i,n]=r.split(" ").map(Number),[o,...a]=e.split(","),l=a.map(Number);switch(o.toLowerCase()){case"circle":case"default":{let[c,p,u]=l;return l.length!==3?(console.warn(`Invalid circle definition: ${e}`),!1):Math.sqrt((i-c)**2+(n-p)**2)<=u}case"rect":{let[c,p,u,h]=l;return l.length!==4?(console.warn(`Invalid rectangle definition: ${e}`),!1):i>=c&&i<=u&&n>=p&&n<=h}case"ellipse":{let[c,p,u,h]=l;if(l.length!==4)return console.warn(`Invalid ellipse definition: ${e}`),!1;let y=(i-c)**2/u**2,v=(n-p)**2/h**2;return y+v<=1}case"poly":{if(l.length<6||l.length%2!==0)return console.warn(`Invalid polygon definition: ${e}`),!1;let c=[];for(let p=0;p<l.length;p+=2)c.push({x:l[p],y:l[p+1]});return this.isPointInPolygon({x:i,y:n},c)}default:return console.warn(`Unsupported shape type: ${o}`),!1}}static isPointInPolygon(r,e){let t=!1;for(let i=0,n=e.length-1;i<e.length;n=i++){let o=e[i].x,a=e[i].y,l=e[n].x,c=e[n].y;a>r.y!=c>r.y&&r.x<(l-o)*(r.y-a)/(c-a)+o&&(t=!t)}return t}static compareSingleValues(r,e,t){switch(t){case"identifier":case"string":return r===e;case"integer":{let i=parseInt(r,10),n=parseInt(e,10);if(!isNaN(i)&&!isNaN(n))return i===n;console.error(`Cannot convert ${r} and/or ${e} to int.`);break}case"float":{let i=parseFloat(r),n=parseFloat(e);if(!isNaN(i)&&!isNaN(n))return i===n;console.error(`couldn't convert ${r} and/or ${e} to float.`);break}case"pair":case"directedPair":{let i=r.split(" ").sort(),n=e.split(" ").sort();if(i.length===2&&n.length===2)return t==="pair"&&(i.sort(),n.sort()),i.join(" ")===n.join(" ");console.error(`compared two pair but one of the values does not have 2 values: 1: ${r} 2: ${e}`);break}}return!1}};var rs=s=>{class r extends s{constructor(...i){super(...i);this.testContext=Zo;this.sessionContext=Ko;this._updateItemInTestContext=i=>{let n=i._context,o=n.identifier,a=n.variables,l=this.testContext.items.find(c=>c?.identifier===o);if(!l){console.warn(`Item IDs between assessment.xml and item.xml should match: ${o} is not found!`);return}if(l.variables?.length===1)this._updateItemVariablesInTestContext(o,a);else{let c=[...i.variables];for(let p of l.variables){let u=c.find(h=>h.identifier===p.identifier);u?u.value=p.value:c.push(p)}i.variables=c}};this._initializeEventListeners()}updateItemVariables(i,n){let o=this.testContext.items.find(l=>l.identifier===i);o&&(o.variables=o.variables.map(l=>{let c=n.find(p=>p.identifier===l.identifier);return c?{...l,...c}:l}));let a=this._testElement.querySelector(`qti-assessment-item-ref[identifier="${i}"]`);a&&a.assessmentItem&&(a.assessmentItem.variables=n)}_initializeEventListeners(){this.addEventListener("qti-assessment-test-connected",i=>{if(this.testContext=Zo,this.sessionContext=Ko,this.testContext&&this.testContext.items.length>0)return;this._testElement=i.detail;let n=Array.from(this._testElement.querySelectorAll("qti-assessment-item-ref")).map(o=>({href:o.href,identifier:o.identifier,category:o.category,variables:[{identifier:"completionStatus",value:"not_attempted",type:"outcome"}]}));this.testContext={...this.testContext,items:n}}),this.addEventListener("qti-assessment-item-connected",i=>{let n=i.detail,o=n.closest("qti-assessment-item-ref")?.identifier;o&&(n.assessmentItemRefId=o),this._updateItemInTestContext(i.detail)}),this.addEventListener("qti-item-context-updated",i=>{this._updateItemVariablesInTestContext(i.detail.itemContext.identifier,i.detail.itemContext.variables,i.detail.itemContext.state)})}_updateItemVariablesInTestContext(i,n,o){this.testContext={...this.testContext,items:this.testContext.items.map(a=>a.identifier!==i?a:{...a,variables:n.map(l=>{let c=a.variables.find(p=>p.identifier===l.identifier);return c?{...c,...l}:l}),...o!==void 0?{state:o?{...o}:void 0}:{}})},this.dispatchEvent(new CustomEvent("qti-test-context-updated",{detail:this.testContext,bubbles:!1,composed:!1}))}}return d([g({attribute:!1,type:Object}),ce({context:_e})],r.prototype,"testContext",2),d([g({attribute:!1,type:Object}),ce({context:nt})],r.prototype,"sessionContext",2),r},ul=class extends rs(C){};var ml=s=>{class r extends s{constructor(...t){super(...t),this.addEventListener("qti-register-variable",i=>{this.testContext={...this.testContext,testOutcomeVariables:[...this.testContext.testOutcomeVariables||[],i.detail.variable]},i.stopPropagation()}),this.addEventListener("qti-set-outcome-value",i=>{let{outcomeIdentifier:n,value:o}=i.detail;this.updateOutcomeVariable(n,o),i.stopPropagation()})}outcomeProcessing(){let t=this.querySelector("qti-outcome-processing");return t?(t?.process(),!0):!1}updateOutcomeVariable(t,i){let n=this.getOutcome(t);if(!n){console.warn(`Can not set qti-outcome-identifier: ${t}, it is not available`);return}this.testContext={...this.testContext,testOutcomeVariables:this.testContext.testOutcomeVariables?.map(o=>o.identifier!==t?o:{...o,value:n.cardinality==="single"?i:[...o.value,i]})}}getOutcome(t){return this.getVariable(t)}getVariable(t){return this.testContext.testOutcomeVariables?.find(i=>i.identifier===t)||null}}return r};var xn=class extends el(tl(ml(rs(C)))){async connectedCallback(){super.connectedCallback(),await this.updateComplete,this.dispatchEvent(new CustomEvent("qti-test-connected",{detail:this}))}render(){return x`<slot></slot>`}};xn=d([k("qti-test")],xn);var hl={fromAttribute(s){return s==="true"},toAttribute(s){return s?"true":"false"}},ze=class extends C{constructor(){super(...arguments);this.weigths=new Map}createRenderRoot(){return this}get assessmentItem(){return this.renderRoot?.querySelector("qti-assessment-item")}async connectedCallback(){super.connectedCallback(),await this.updateComplete,this.dispatchEvent(new CustomEvent("qti-assessment-item-ref-connected",{bubbles:!0,composed:!0,detail:{identifier:this.identifier,href:this.href,category:this.category}}))}render(){return this.myTemplate?this.myTemplate({xmlDoc:this.xmlDoc}):this.xmlDoc}};d([g({type:String})],ze.prototype,"category",2),d([g({type:String})],ze.prototype,"identifier",2),d([g({type:Boolean,converter:hl})],ze.prototype,"required",2),d([g({type:Boolean,converter:hl})],ze.prototype,"fixed",2),d([g({type:String})],ze.prototype,"href",2),d([g({type:Object,attribute:!1})],ze.prototype,"xmlDoc",2);customElements.get("qti-assessment-item-ref")||customElements.define("qti-assessment-item-ref",ze);var is={fromAttribute(s){return s==="true"},toAttribute(s){return s?"true":"false"}},je=class extends C{get title(){return this.#e}set title(r){this.#e=r,this.removeAttribute("title"),this.setAttribute("data-title",r)}#e="";async connectedCallback(){this.#e=this.getAttribute("title")||"",super.connectedCallback(),await this.updateComplete,this.dispatchEvent(new Event("qti-assessment-section-connected",{bubbles:!0,composed:!0}))}render(){return x`<slot name="qti-rubric-block"></slot><slot></slot>`}};d([g({type:String})],je.prototype,"identifier",2),d([g({type:String})],je.prototype,"required",2),d([g({type:Boolean,converter:is})],je.prototype,"fixed",2),d([g({type:Boolean,converter:is})],je.prototype,"visible",2),d([g({type:Boolean,converter:is,attribute:"keep-together"})],je.prototype,"keepTogether",2),d([$({context:_e,subscribe:!0})],je.prototype,"_testContext",2);customElements.get("qti-assessment-section")||customElements.define("qti-assessment-section",je);var Wr,Lt=class extends C{constructor(){super(...arguments);L(this,Wr,"")}get title(){return I(this,Wr)}set title(e){U(this,Wr,e),this.removeAttribute("title"),this.setAttribute("data-title",e)}async connectedCallback(){super.connectedCallback(),await this.updateComplete,this.dispatchEvent(new CustomEvent("qti-assessment-test-connected",{detail:this,bubbles:!0,composed:!0}))}render(){return x` <slot></slot>`}};Wr=new WeakMap,d([g({type:String})],Lt.prototype,"identifier",2),d([g({type:String})],Lt.prototype,"title",1),d([$({context:_e,subscribe:!0})],Lt.prototype,"_testContext",2),Lt=d([k("qti-assessment-test")],Lt);var Gr,We=class extends C{constructor(){super(...arguments);this.identifier="";this.class="";this.navigationMode="nonlinear";this.submissionMode="individual";L(this,Gr,"")}get title(){return I(this,Gr)}set title(e){U(this,Gr,e),this.removeAttribute("title"),this.setAttribute("data-title",e)}async connectedCallback(){super.connectedCallback(),await this.updateComplete,this.dispatchEvent(new Event("qti-test-part-connected",{bubbles:!0,composed:!0}))}render(){return x` <slot></slot>`}};Gr=new WeakMap,d([g({type:String})],We.prototype,"identifier",2),d([g({type:String})],We.prototype,"class",2),d([g({type:String,attribute:"navigation-mode"})],We.prototype,"navigationMode",2),d([g({type:String,attribute:"submission-mode"})],We.prototype,"submissionMode",2),We=d([k("qti-test-part")],We);customElements.get("qti-test-part")||customElements.define("qti-test-part",We);var Xr,lr,cr,dr,ye,me,fl,gl,Qr,Yr,Jr,Kr,Zr,ei,ti,ri,bl,ns,vl,ue=class extends C{constructor(){super(...arguments);L(this,me);L(this,Xr);L(this,lr,null);this.identifier="";this.adaptive="false";this.timeDependent=null;this._handleDisabledChange=(e,t)=>{I(this,ye).forEach(i=>i.disabled=t)};this._handleReadonlyChange=(e,t)=>I(this,ye).forEach(i=>i.readonly=t);this._context={variables:rl};L(this,cr,{...this._context,variables:this._context.variables});L(this,dr,[]);L(this,ye,[]);L(this,Qr,e=>{e.stopImmediatePropagation(),this._context={...this._context,variables:[...this._context.variables,e.detail.variable]},U(this,cr,this._context),e.stopPropagation()});L(this,Yr,e=>{e.stopImmediatePropagation();let t=e.detail;I(this,dr).push(t),(Number(this._context.variables.find(n=>n.identifier==="numAttempts")?.value)||0)>0&&t.checkShowFeedback(t.outcomeIdentifier)});L(this,Jr,e=>{e.stopImmediatePropagation(),I(this,ye).push(e.detail.interactionElement)});L(this,Kr,e=>{e.stopImmediatePropagation();let{responseIdentifier:t,countAttempt:i}=e.detail;this.validate(),this.updateResponseVariable(t,"true"),this.processResponse(i)});L(this,Zr,e=>{e.stopImmediatePropagation();let{outcomeIdentifier:t,value:i}=e.detail;this.updateOutcomeVariable(t,i),e.stopPropagation()});L(this,ei,e=>{e.stopImmediatePropagation();let{templateIdentifier:t,value:i}=e.detail;this.updateTemplateVariable(t,i??void 0),e.stopPropagation()});L(this,ti,e=>{e.stopImmediatePropagation();let{responseIdentifier:t,value:i}=e.detail;this.updateCorrectResponse(t,i??void 0),e.stopPropagation()});L(this,ri,e=>{e.stopImmediatePropagation();let{responseIdentifier:t,response:i,state:n}=e.detail;this.updateResponseVariable(t,i),n!==void 0&&(this._context={...this._context,state:{...this._context.state||{},[t]:n}}),this.dispatchEvent(new CustomEvent("qti-item-context-updated",{bubbles:!0,composed:!0,detail:{itemContext:this._context}}))})}get title(){return I(this,Xr)}set title(e){U(this,Xr,e),this.removeAttribute("title"),this.setAttribute("data-title",e)}set assessmentItemRefId(e){this._context={...this._context,identifier:e}}get assessmentItemRefId(){return this._context.identifier}get variables(){return this._context.variables.map(e=>({identifier:e.identifier,value:e.value,type:e.type,...e.type==="outcome"&&e.identifier==="SCORE"?{externalScored:e.externalScored}:{}}))}set variables(e){if(!Array.isArray(e)||e.some(t=>!("identifier"in t))){console.warn("variables property should be an array of VariableDeclaration");return}this._context={...this._context,variables:this._context.variables.map(t=>{let i=e.find(n=>n.identifier===t.identifier);return i?{...t,...i,interpolationTable:t.interpolationTable}:t})},this._context.variables.forEach(t=>{if(t.type==="response"){let i=I(this,ye).find(n=>n.responseIdentifier===t.identifier);i&&(i.response=t.value)}}),this.variables.forEach(t=>{t.type==="outcome"&&I(this,dr).forEach(i=>i.checkShowFeedback(t.identifier))})}get state(){return this._context.state}set state(e){this._context={...this._context,state:e?{...e}:void 0}}set responses(e){if(e)for(let t of e){this.getResponse(t.responseIdentifier)&&this.updateResponseVariable(t.responseIdentifier,t.response);let n=I(this,ye).find(o=>o.getAttribute("response-identifier")===t.responseIdentifier);n&&(n.response=t.response)}}render(){return x`<slot></slot>`}connectedCallback(){P(this,me,fl).call(this),super.connectedCallback(),this.updateComplete.then(()=>{this.dispatchEvent(new CustomEvent("qti-assessment-item-connected",{bubbles:!0,composed:!0,detail:this})),P(this,me,bl).call(this)})}disconnectedCallback(){P(this,me,gl).call(this),super.disconnectedCallback()}showCorrectResponse(e){for(let t of I(this,ye))t.toggleCorrectResponse(e);document.querySelectorAll("item-show-correct-response").forEach(t=>{t.shown=e})}showCandidateCorrection(e){for(let t of I(this,ye))t.toggleCandidateCorrection(e);document.querySelectorAll("item-show-candidate-correction").forEach(t=>{t.shown=e})}processResponse(e=!0,t=!0){this.validate(t),e&&this.updateOutcomeVariable("numAttempts",(+this._context.variables.find(o=>o.identifier==="numAttempts")?.value+1).toString()),this.adaptive==="false"&&P(this,me,vl).call(this);let i=this.querySelector("qti-response-processing"),n=!!(i&&typeof i.process=="function");return n&&i.process(),this.adaptive==="false"&&this.updateOutcomeVariable("completionStatus",P(this,me,ns).call(this)),this.dispatchEvent(new CustomEvent("qti-item-context-updated",{bubbles:!0,composed:!0,detail:{itemContext:this._context}})),n}resetResponses(){this._context=I(this,cr)}getResponse(e){return this.getVariable(e)}getOutcome(e){return this.getVariable(e)}getVariable(e){return this._context.variables.find(t=>t.identifier===e)||null}updateResponseVariable(e,t){this._context={...this._context,variables:this._context.variables.map(i=>i.identifier!==e?i:{...i,value:t})},this.showCandidateCorrection(!1),this.dispatchEvent(new CustomEvent("qti-interaction-changed",{bubbles:!0,composed:!0,detail:{item:this.identifier,responseIdentifier:e,response:Array.isArray(t)?[...t]:t}})),this.adaptive==="false"&&this.updateOutcomeVariable("completionStatus",P(this,me,ns).call(this))}updateTemplateVariable(e,t){let i=this._context.variables.find(o=>o.identifier===e&&o.type==="template");if(!i){console.warn(`Can not set qti-template-identifier: ${e}, it is not available`);return}let n=i.cardinality==="single"?Array.isArray(t)?t[0]:t??null:t==null?null:Array.isArray(t)?t:[t];this._context={...this._context,variables:this._context.variables.map(o=>o.identifier!==e?o:{...o,value:n})},this.dispatchEvent(new CustomEvent("qti-item-context-updated",{bubbles:!0,composed:!0,detail:{itemContext:this._context}}))}updateCorrectResponse(e,t){let i=this.getResponse(e);if(!i){console.warn(`Can not set correct response for identifier: ${e}, it is not available`);return}let n=i.cardinality==="single"?Array.isArray(t)?t[0]:t??null:t==null?null:Array.isArray(t)?t:[t];this._context={...this._context,variables:this._context.variables.map(o=>o.identifier!==e?o:{...o,correctResponse:n})},this.dispatchEvent(new CustomEvent("qti-item-context-updated",{bubbles:!0,composed:!0,detail:{itemContext:this._context}}))}setOutcomeVariable(e,t){this.updateOutcomeVariable(e,t),this.dispatchEvent(new CustomEvent("qti-item-context-updated",{bubbles:!0,composed:!0,detail:{itemContext:this._context}}))}updateOutcomeVariable(e,t){let i=this.getOutcome(e);if(!i){console.warn(`Can not set qti-outcome-identifier: ${e}, it is not available`);return}this._context={...this._context,variables:this._context.variables.map(n=>n.identifier!==e?n:{...n,value:i.cardinality==="single"||Array.isArray(t)?t:[t]})},I(this,dr).forEach(n=>n.checkShowFeedback(e)),this.dispatchEvent(new CustomEvent("qti-outcome-changed",{bubbles:!0,composed:!0,detail:{item:this.identifier,outcomeIdentifier:e,value:this._context.variables.find(n=>n.identifier===e)?.value}}))}validate(e=!0){let t=I(this,ye).every(i=>i.validate());return e&&this.reportValidity(),t}reportValidity(){for(let e of I(this,ye))e.reportValidity()}};Xr=new WeakMap,lr=new WeakMap,cr=new WeakMap,dr=new WeakMap,ye=new WeakMap,me=new WeakSet,fl=function(){this.addEventListener("qti-register-variable",I(this,Qr)),this.addEventListener("qti-register-feedback",I(this,Yr)),this.addEventListener("qti-register-interaction",I(this,Jr)),this.addEventListener("end-attempt",I(this,Kr)),this.addEventListener("qti-set-outcome-value",I(this,Zr)),this.addEventListener("qti-set-template-value",I(this,ei)),this.addEventListener("qti-set-correct-response",I(this,ti)),this.addEventListener("qti-interaction-response",I(this,ri))},gl=function(){this.removeEventListener("qti-register-variable",I(this,Qr)),this.removeEventListener("qti-register-feedback",I(this,Yr)),this.removeEventListener("qti-register-interaction",I(this,Jr)),this.removeEventListener("end-attempt",I(this,Kr)),this.removeEventListener("qti-set-outcome-value",I(this,Zr)),this.removeEventListener("qti-set-template-value",I(this,ei)),this.removeEventListener("qti-set-correct-response",I(this,ti)),this.removeEventListener("qti-interaction-response",I(this,ri))},Qr=new WeakMap,Yr=new WeakMap,Jr=new WeakMap,Kr=new WeakMap,Zr=new WeakMap,ei=new WeakMap,ti=new WeakMap,ri=new WeakMap,bl=async function(){let e=Array.from(this.querySelectorAll("qti-template-declaration"));e.length>0&&(await Promise.all(e.map(t=>t.updateComplete)),await Promise.resolve()),U(this,lr,this.querySelector("qti-template-processing")),I(this,lr)&&(I(this,lr).process(),U(this,cr,{...this._context,variables:this._context.variables}))},ns=function(){let e=this.validate(!1);return e===!0?"completed":e===!1?"incomplete":"not_attempted"},vl=function(){this._context={...this._context,variables:this._context.variables.map(e=>{if(e.type!=="outcome")return e;let n=("defaultValue"in e?e.defaultValue:null)??null;return n==null&&(e.baseType==="integer"||e.baseType==="float")&&(n="0"),{...e,value:n}})}},d([g({type:String})],ue.prototype,"identifier",2),d([g({type:String})],ue.prototype,"adaptive",2),d([g({type:String})],ue.prototype,"timeDependent",2),d([g({type:String})],ue.prototype,"title",1),d([g({type:Boolean})],ue.prototype,"disabled",2),d([B("disabled",{waitUntilFirstUpdate:!0})],ue.prototype,"_handleDisabledChange",2),d([g({type:Boolean})],ue.prototype,"readonly",2),d([B("readonly",{waitUntilFirstUpdate:!0})],ue.prototype,"_handleReadonlyChange",2),d([ce({context:W})],ue.prototype,"_context",2),ue=d([k("qti-assessment-item")],ue);var os=class s extends Event{constructor(e,t){super(s.eventName,{bubbles:!0,composed:!0,cancelable:!0});this.element=e;this.item=t}static{this.eventName="qti-assessment-stimulus-ref-connected"}},pr=class extends C{constructor(){super(...arguments);this.identifier="";this.href=""}async connectedCallback(){super.connectedCallback(),await this.updateComplete;let e=this.closest("qti-assessment-item"),t=new os(this,e);this.dispatchEvent(t);let i=e?.querySelector(`[data-stimulus-idref="${this.identifier}"]`);!t.defaultPrevented&&i&&await this.updateStimulusRef(i)}async updateStimulusRef(e){let t=await Me().load(this.href).then(i=>i.htmlDoc());if(t){let i=t.querySelectorAll("qti-stimulus-body, qti-stylesheet");e.innerHTML="",e.append(...i)}}};d([g({type:String})],pr.prototype,"identifier",2),d([g({type:String})],pr.prototype,"href",2),pr=d([k("qti-assessment-stimulus-ref")],pr);var qn=class extends C{};qn=d([k("qti-companion-materials-info")],qn);var ni,ii=class extends C{constructor(){super(...arguments);L(this,ni)}render(){return x`<slot @slotchange=${this.handleSlotChange}></slot>`}handleSlotChange(){let e=Array.from(this.firstElementChild?.childNodes??[]).find(t=>t.nodeType===Node.COMMENT_NODE);try{U(this,ni,new Function("context","fn","item",e?.textContent??""))}catch(t){console.error("custom-operator contains invalid javascript code",t)}}calculate(){let e={variable:i=>this._context?.variables.find(n=>n.identifier===i)?.value??"",correct:i=>this._context?.variables.find(n=>n.identifier===i)?.correctResponse??""},t={getVariable:i=>this._context?.variables.find(n=>n.identifier===i),updateOutcomeVariable:(i,n)=>{this.dispatchEvent(new CustomEvent("qti-set-outcome-value",{bubbles:!0,composed:!0,detail:{outcomeIdentifier:i,value:n}}))},updateResponseVariable:(i,n)=>{this.dispatchEvent(new CustomEvent("qti-interaction-response",{bubbles:!0,composed:!0,detail:{responseIdentifier:i,response:n}}))}};return I(this,ni).call(this,this._context,e,t)}};ni=new WeakMap,d([$({context:W,subscribe:!0}),M()],ii.prototype,"_context",2),ii=d([k("qti-custom-operator")],ii);var oi=class extends pe{render(){return x` <slot part="feedback" class="feedback ${this.showStatus}"></slot> `}connectedCallback(){super.connectedCallback(),this.checkShowFeedback(this.outcomeIdentifier)}};oi.styles=E`
    :host {
      display: block;
    }
    .on {
      display: block;
    }
    .off {
      display: none;
    }
  `,oi=d([k("qti-feedback-block")],oi);var $e=s=>s??O;var si=class extends pe{constructor(){super(...arguments);this.render=()=>x` <slot part="feedback" class="${$e(this.showStatus)}"></slot> `}connectedCallback(){super.connectedCallback(),this.checkShowFeedback(this.outcomeIdentifier)}};si.styles=E`
    .on {
      display: inline-block;
    }
    .off {
      display: none;
    }
  `,si=d([k("qti-feedback-inline")],si);var $t=class extends pe{render(){return x`
      <dialog class="qti-dialog" part="feedback" ?open="${this.showStatus==="on"}">
        <slot></slot>
        <div style="margin-top: var(--qti-gap-size); text-align: center;">
          <button class="button close-button" @click="${this.closeFeedback}">Close</button>
        </div>
      </dialog>
    `}openFeedback(){let r=this.shadowRoot?.querySelector("dialog");r&&!r.open&&r.showModal()}closeFeedback(){let r=this.shadowRoot?.querySelector("dialog");r&&r.open&&(r.close(),this.showStatus="off")}connectedCallback(){super.connectedCallback(),this.showStatus==="on"&&this.openFeedback()}updated(r){r.has("showStatus")&&(this.showStatus==="on"?this.openFeedback():this.closeFeedback())}};$t.styles=E`
    .qti-dialog {
      background: var(--qti-bg);
      border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
      border-radius: var(--qti-border-radius);
      padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
      box-shadow: 0 4px 6px rgba(0, 0, 0, 0.1);
      position: fixed;
      top: 50%;
      left: 50%;
      transform: translate(-50%, -50%);
      z-index: 1000;
      width: auto;
      max-width: 90%;
    }

    .button {
      border-radius: var(--qti-border-radius);
      padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
      background-color: var(--qti-bg-active);
      border: var(--qti-border-active);
      cursor: pointer;
      position: relative;
      display: inline-block;
    }

    .button:hover {
      background-color: var(--qti-hover-bg);
    }

    .button:disabled {
      background-color: var(--qti-disabled-bg);
      color: var(--qti-disabled-color);
      cursor: not-allowed;
    }

    .button:focus {
      outline: var(--qti-focus-border-width) solid var(--qti-focus-color);
    }
  `,$t=d([k("qti-modal-feedback")],$t);var yl=E`
  :host {
    display: block;
  }
`;var ai=class extends C{render(){return x`<slot part="qti-rubric-blocks" name="qti-rubric-block"></slot><slot></slot>`}};ai.styles=yl,ai=d([k("qti-item-body")],ai);var lt,wn,xl,li=class extends C{constructor(){super(...arguments);L(this,lt)}render(){return x`<slot @slotchange=${P(this,lt,wn)}></slot>`}connectedCallback(){super.connectedCallback(),this.updateComplete.then(()=>P(this,lt,wn).call(this))}updated(e){e.has("context")&&P(this,lt,wn).call(this)}};lt=new WeakSet,wn=function(){let e=new Map,t=(this.context?.variables??[]).filter(n=>n.type==="template");for(let n of t){let o=n;o.mathVariable!==!0||o.value===null||o.value===void 0||e.set(o.identifier,P(this,lt,xl).call(this,o.value))}if(e.size===0)return;let i=Array.from(this.querySelectorAll("*")).filter(n=>n.localName.toLowerCase()==="mi"||n.localName.toLowerCase()==="mn");for(let n of i){let o=n.getAttribute("data-qti-math-variable-source")??n.textContent?.trim()??"",a=e.get(o);if(!a)continue;if(n.localName.toLowerCase()==="mn"){n.textContent=a,n.setAttribute("data-qti-math-variable-source",o);continue}let l=document.createElement("mn");l.textContent=a,l.setAttribute("data-qti-math-variable-source",o),n.replaceWith(l)}},xl=function(e){return Array.isArray(e)?e.join(" "):e?.toString()??""},d([$({context:W,subscribe:!0}),M()],li.prototype,"context",2),li=d([k("qti-content-body")],li);var Pe=class extends C{handleclassNamesChange(){this.classNames.split(" ").forEach(e=>{switch(e){case"qti-rubric-discretionary-placement":{let t=new CustomEvent("qti-rubric:discretionary-placement",{detail:{className:e,element:this},bubbles:!0,composed:!0,cancelable:!0});if(!this.dispatchEvent(t))return;this.setAttribute("slot","qti-rubric-block")}break;case"qti-rubric-inline":this.setAttribute("slot","");break;default:break}})}render(){return x`<slot></slot>`}};Pe.styles=E`
    :host {
      display: block;
    }
  `,d([g({type:String})],Pe.prototype,"id",2),d([g({type:String})],Pe.prototype,"use",2),d([g({type:String})],Pe.prototype,"view",2),d([g({type:String,attribute:"class"})],Pe.prototype,"classNames",2),d([B("classNames",{waitUntilFirstUpdate:!0})],Pe.prototype,"handleclassNamesChange",1),Pe=d([k("qti-rubric-block")],Pe);var he,ci,ss,Cn=class extends C{constructor(){super(...arguments);L(this,ci);L(this,he,null)}firstUpdated(e){super.firstUpdated(e);let t=this.getAttribute("href");if(t!==null&&fetch(t).then(i=>i.text()).then(i=>{let n=P(this,ci,ss).call(this,i);U(this,he,document.createElement("style")),I(this,he).media="screen",I(this,he).textContent=`@scope {${n}}`,this.parentElement?this.parentElement.appendChild(I(this,he)):console.warn("No parent element to append the scoped stylesheet to.")}).catch(i=>{console.error("Failed to load stylesheet:",i)}),this.textContent!==null&&this.textContent.trim()!==""){let i=P(this,ci,ss).call(this,this.textContent);U(this,he,document.createElement("style")),I(this,he).media="screen",I(this,he).textContent=`@scope {${i}}`,this.parentElement?this.parentElement.appendChild(I(this,he)):console.warn("No parent element to append the scoped stylesheet to.")}}disconnectedCallback(){if(I(this,he))try{I(this,he).remove()}catch(e){console.error("Could not remove stylesheet:",e)}super.disconnectedCallback()}};he=new WeakMap,ci=new WeakSet,ss=function(e){return e.replace(/\/\*[\s\S]*?\*\//g,"").replace(/\s+/g," ").replace(/\s*([{}:;])\s*/g,"$1").trim()},Cn=d([k("qti-stylesheet")],Cn);var ct,ql,wl,Cl,Ge=class extends ar{constructor(){super(...arguments);L(this,ct)}render(){let e=this.itemContext?.variables.find(t=>t.identifier===this.identifier)?.value;return x`${JSON.stringify(e,null,2)}`}connectedCallback(){super.connectedCallback();let e=this.defaultValues(this.cardinality),t={baseType:this.baseType,identifier:this.identifier,correctResponse:I(this,ct,ql),cardinality:this.cardinality||"single",mapping:I(this,ct,wl),defaultValue:e,areaMapping:I(this,ct,Cl),value:null,type:"response",candidateResponse:null};t.value=e,this.dispatchEvent(new CustomEvent("qti-register-variable",{bubbles:!0,composed:!0,detail:{variable:t}}))}};ct=new WeakSet,ql=function(){let e,t=this.querySelector("qti-correct-response");if(t){let i=t.querySelectorAll("qti-value");if(this.cardinality==="single"&&i.length>0)e=i[0].textContent.trim(),i[0].remove();else if(this.cardinality!=="single"){e=[];for(let n=0;n<i.length;n++)e.push(i[n].textContent.trim()),i[n].remove()}}return e},wl=function(){let e=this.querySelector("qti-mapping"),t=parseFloat(e?.getAttribute("lower-bound")),i=parseFloat(e?.getAttribute("upper-bound"));return{defaultValue:Number(e?.getAttribute("default-value"))||0,lowerBound:isNaN(t)?null:t,upperBound:isNaN(i)?null:i,mapEntries:Array.from(e?.querySelectorAll("qti-map-entry")||[]).map(o=>({mapKey:o.getAttribute("map-key")||"",mappedValue:Number(o.getAttribute("mapped-value"))||0,caseSensitive:o.hasAttribute("case-sensitive")?o.getAttribute("case-sensitive")!=="false":!1}))}},Cl=function(){let e=this.querySelector("qti-area-mapping"),t=Number(e?.getAttribute("default-value"))||0,i=parseFloat(e?.getAttribute("lower-bound")),n=parseFloat(e?.getAttribute("upper-bound")),o=Array.from(e?.querySelectorAll("qti-area-map-entry")||[]).map(a=>({shape:a.getAttribute("shape")||"default",coords:a.getAttribute("coords")||"",mappedValue:Number(a.getAttribute("mapped-value"))||0,defaultValue:Number(a.getAttribute("default-value"))||0}));return{defaultValue:t,lowerBound:isNaN(i)?null:i,upperBound:isNaN(n)?null:n,areaMapEntries:o}},Ge.styles=[E`
      :host {
        display: none;
      }
    `],d([g({type:String,attribute:"base-type"})],Ge.prototype,"baseType",2),d([g({type:String})],Ge.prototype,"identifier",2),d([g({type:String})],Ge.prototype,"cardinality",2),d([$({context:W,subscribe:!0}),M()],Ge.prototype,"itemContext",2),Ge=d([k("qti-response-declaration")],Ge);var Ve=class extends ar{constructor(){super(...arguments);this.externalScored=null}render(){let e=this.itemContext?.variables.find(t=>t.identifier===this.identifier)?.value;return x`${JSON.stringify(e,null,2)}`}get interpolationTable(){let e=this.querySelector("qti-interpolation-table");if(e){let t=new Map;for(let i of e.querySelectorAll("qti-interpolation-table-entry")){!i.getAttribute("source-value")&&i.getAttribute("target-value")&&console.error("source-value or target-value is missing in qti-interpolation-table-entry");let n=parseFloat(i.getAttribute("source-value")),o=parseFloat(i.getAttribute("target-value"));(isNaN(n)||isNaN(o))&&console.error("source-value or target-value is not a number in qti-interpolation-table-entry"),t.set(n,o)}return t}return null}connectedCallback(){super.connectedCallback();let e=this.defaultValues(this.cardinality),t={identifier:this.identifier,cardinality:this.cardinality,baseType:this.baseType,defaultValue:e,type:"outcome",value:null,interpolationTable:this.interpolationTable,externalScored:this.externalScored};t.value=e,(t.value===null||t.value==null)&&(t.baseType==="integer"||t.baseType==="float")&&(t.value="0"),this.dispatchEvent(new CustomEvent("qti-register-variable",{bubbles:!0,composed:!0,detail:{variable:t}}))}};Ve.styles=[E`
      :host {
        display: none;
      }
    `],d([g({type:String,attribute:"base-type"})],Ve.prototype,"baseType",2),d([g({type:String,attribute:"external-scored"})],Ve.prototype,"externalScored",2),d([g({type:String})],Ve.prototype,"identifier",2),d([g({type:String})],Ve.prototype,"cardinality",2),d([$({context:W,subscribe:!0}),M()],Ve.prototype,"itemContext",2),Ve=d([k("qti-outcome-declaration")],Ve);var El=`<qti-response-processing>
  <qti-response-condition>
    <qti-response-if>
      <qti-match>
        <qti-variable identifier="RESPONSE"></qti-variable>
        <qti-correct identifier="RESPONSE"></qti-correct>
      </qti-match>
      <qti-set-outcome-value identifier="SCORE">
        <qti-base-value base-type="float">1</qti-base-value>
      </qti-set-outcome-value>
    </qti-response-if>
    <qti-response-else>
      <qti-set-outcome-value identifier="SCORE">
        <qti-base-value base-type="float">0</qti-base-value>
      </qti-set-outcome-value>
    </qti-response-else>
  </qti-response-condition>
</qti-response-processing>`,Sl=`<qti-response-processing>
  <qti-response-condition>
    <qti-response-if>
      <qti-is-null>
        <qti-variable identifier="RESPONSE"></qti-variable>
      </qti-is-null>
      <qti-set-outcome-value identifier="SCORE">
        <qti-base-value base-type="float">0.0</qti-base-value>
      </qti-set-outcome-value>
    </qti-response-if>
    <qti-response-else>
      <qti-set-outcome-value identifier="SCORE">
        <qti-map-response identifier="RESPONSE"> </qti-map-response>
      </qti-set-outcome-value>
    </qti-response-else>
  </qti-response-condition>
</qti-response-processing>`,Al=`<qti-response-processing>
  <qti-response-condition>
    <qti-response-if>
      <qti-is-null>
        <qti-variable identifier="RESPONSE"></qti-variable>
      </qti-is-null>
      <qti-set-outcome-value identifier="SCORE">
        <qti-base-value base-type="float">0</qti-base-value>
      </qti-set-outcome-value>
    </qti-response-if>
    <qti-response-else>
      <qti-set-outcome-value identifier="SCORE">
        <qti-map-response-point identifier="RESPONSE"></qti-map-response-point>
      </qti-set-outcome-value>
    </qti-response-else>
  </qti-response-condition>
</qti-response-processing>`;var ur,En,di=class extends C{constructor(){super(...arguments);L(this,ur)}render(){return x`<slot></slot>`}process(){if(!this.closest("qti-assessment-item"))return;let t=[...this.children];for(let i of t)i.process()}firstUpdated(e){if(this.getAttribute("template")){let t=this.getAttribute("template").split("/"),i=t[t.length-1].replace(".xml","");switch(this.innerHTML="",i){case"map_response":{this.appendChild(P(this,ur,En).call(this,Sl).firstElementChild.firstElementChild);break}case"map_response_point":{this.appendChild(P(this,ur,En).call(this,Al).firstElementChild.firstElementChild);break}case"match_correct":this.appendChild(P(this,ur,En).call(this,El).firstElementChild.firstElementChild);break}}}};ur=new WeakSet,En=function(e){return document.createRange().createContextualFragment(e)},di.styles=[E`
      :host {
        display: none;
      }
    `],di=d([k("qti-response-processing")],di);var dt,pt,Tl,Il,Rl,De=class extends C{constructor(){super(...arguments);L(this,pt);this.identifier="";this.cardinality="single";this.baseType="string";this.mathVariable=!1;this.paramVariable=!1;L(this,dt,null)}render(){return x`<slot></slot>`}connectedCallback(){super.connectedCallback(),this.updateComplete.then(()=>{P(this,pt,Tl).call(this),P(this,pt,Rl).call(this)})}getTemplateVariable(){return{identifier:this.identifier,cardinality:this.cardinality,baseType:this.baseType,value:I(this,dt),type:"template",mathVariable:this.mathVariable,paramVariable:this.paramVariable}}};dt=new WeakMap,pt=new WeakSet,Tl=function(){let e=this.querySelector("qti-default-value");if(!e)return;let t=e.textContent?.trim()||"";U(this,dt,P(this,pt,Il).call(this,t))},Il=function(e){if(!e)return null;switch(this.baseType){case"integer":return parseInt(e,10);case"float":case"duration":return parseFloat(e);case"boolean":return e.toLowerCase()==="true";default:return e}},Rl=function(){let t={...{identifier:this.identifier,cardinality:this.cardinality,baseType:this.baseType,defaultValue:I(this,dt),value:I(this,dt),type:"template",mathVariable:this.mathVariable,paramVariable:this.paramVariable},value:I(this,dt)?.toString()||""};this.dispatchEvent(new CustomEvent("qti-register-variable",{bubbles:!0,composed:!0,detail:{variable:t}}))},De.styles=[E`
      :host {
        display: none;
      }
    `],d([g({type:String})],De.prototype,"identifier",2),d([g({type:String})],De.prototype,"cardinality",2),d([g({type:String,attribute:"base-type"})],De.prototype,"baseType",2),d([g({type:Boolean,attribute:"math-variable"})],De.prototype,"mathVariable",2),d([g({type:Boolean,attribute:"param-variable"})],De.prototype,"paramVariable",2),De=d([k("qti-template-declaration")],De);var Sn,pi=class extends C{constructor(){super(...arguments);L(this,Sn,100)}render(){return x`<slot></slot>`}process(){if(!this.closest("qti-assessment-item")){console.warn("qti-template-processing must be inside qti-assessment-item");return}let t=0,i=!1;do{if(i=!1,t++,t>I(this,Sn)){console.error("Template processing exceeded maximum iterations. Possible infinite loop.");break}try{let n=[...this.children];for(let o of n)if(o.tagName.toLowerCase()==="qti-template-constraint"){if(o.calculate()===!1){i=!0;break}}else o.process()}catch(n){console.error("Error during template processing:",n);break}}while(i);this.dispatchEvent(new CustomEvent("qti-template-processing-complete",{bubbles:!0,composed:!0,detail:{iterations:t}}))}firstUpdated(e){this.getAttribute("template")&&console.info("Template processing with external template not yet implemented")}};Sn=new WeakMap,pi.styles=[E`
      :host {
        display: none;
      }
    `],pi=d([k("qti-template-processing")],pi);var An=class extends C{render(){return x`<slot></slot>`}calculate(){let r=[...this.children];if(r.length!==1)return console.error("qti-template-constraint must have exactly one child expression"),!0;try{return!!r[0].calculate()}catch(e){return console.error("Error evaluating template constraint:",e),!0}}getSubRules(){return[]}process(){let r=this.calculate();return r||console.debug("Template constraint not satisfied, restarting template processing"),r}};An=d([k("qti-template-constraint")],An);var Pt=class extends C{constructor(){super(...arguments);this.identifier="";this.cardinality="record"}render(){return x`<slot></slot>`}};Pt.styles=[E`
      :host {
        display: none;
      }
    `],d([g({type:String})],Pt.prototype,"identifier",2),d([g({type:String})],Pt.prototype,"cardinality",2),Pt=d([k("qti-context-declaration")],Pt);var ui=class extends $t{render(){return x``}};ui.styles=E`
    :host {
      color: gray;
    }
  `,ui=d([k("qti-test-feedback")],ui);var fe,Q,kl,Ml,_l,Ll,$l,Pl,Vl,Dl,xe=class extends C{constructor(){super();L(this,Q);this.identifier=void 0;this.initContext=[];this.qtiContext={QTI_CONTEXT:{testIdentifier:"",candidateIdentifier:"",environmentIdentifier:"default"}};this.configContext={};this.autoScoreItems=!1;L(this,fe);this.addEventListener("qti-assessment-test-connected",P(this,Q,Pl).bind(this)),this.addEventListener("qti-assessment-item-connected",P(this,Q,Dl).bind(this)),this.addEventListener("qti-interaction-changed",P(this,Q,$l).bind(this)),this.addEventListener("test-end-attempt",P(this,Q,kl).bind(this)),this.addEventListener("test-show-correct-response",P(this,Q,Ml).bind(this)),this.addEventListener("test-show-candidate-correction",P(this,Q,_l).bind(this)),this.addEventListener("test-update-outcome-variable",P(this,Q,Ll).bind(this))}render(){return x`<slot></slot>`}willUpdate(e){if(!this.computedContext)return;let t=1;this.computedContext={...this.computedContext,view:this._sessionContext?.view,testParts:this.computedContext.testParts.map(i=>({...i,active:this._sessionContext?.navPartId===i.identifier||!1,sections:i.sections.map(n=>({...n,active:this._sessionContext?.navSectionId===n.identifier||!1,completed:n.items.every(o=>this._testContext.items.find(a=>a.identifier===o.identifier)?.variables.find(a=>a.identifier==="completionStatus").value==="completed"),items:n.items.map(o=>{let a=this._testContext?.items.find(b=>b.identifier===o.identifier),l={...o,...a,...this.initContext?.find(b=>b.identifier===o.identifier)},c=l.variables?.find(b=>b.identifier=="SCORE")?.value,p=c==null?null:parseFloat(c?.toString()),u=l.variables?.find(b=>b.identifier==="completionStatus")?.value,h=l.variables?.find(b=>b.identifier==="RESPONSE")?.value||"",y=l.variables?.find(b=>b.identifier==="numAttempts")?.value||0,v=this._sessionContext?.navItemRefId===l.identifier||!1,w=o.categories.includes(this.configContext?.infoItemCategory)?null:t++,f=o.variables?.find(b=>b.identifier=="MAXSCORE")?.value,m=f==null?null:parseFloat(f?.toString());return{...l,completionStatus:u,numAttempts:y,score:p,response:h,index:w,active:v,maxScore:m}})}))}))},this.dispatchEvent(new CustomEvent("qti-computed-context-updated",{detail:this.computedContext,bubbles:!0}))}};fe=new WeakMap,Q=new WeakSet,kl=function(e){let i=I(this,fe).querySelector(`qti-assessment-item-ref[identifier="${this._sessionContext.navItemRefId}"]`).assessmentItem,n=this.configContext?.reportValidityAfterScoring===!0;i.processResponse(!0,n)},Ml=function(e){let i=I(this,fe).querySelector(`qti-assessment-item-ref[identifier="${this._sessionContext.navItemRefId}"]`).assessmentItem;i&&i.showCorrectResponse(e.detail)},_l=function(e){I(this,fe).querySelector(`qti-assessment-item-ref[identifier="${this._sessionContext.navItemRefId}"]`).assessmentItem.showCandidateCorrection(e.detail)},Ll=function(e){I(this,fe).querySelector(`qti-assessment-item-ref[identifier="${e.detail.assessmentItemRefId}"]`).assessmentItem.setOutcomeVariable(e.detail.outcomeVariableId,e.detail.value)},$l=function(e){if(this.autoScoreItems){let t=e.composedPath()[0].closest("qti-assessment-item"),i=t.variables.find(n=>n.identifier==="SCORE");if(i&&i.externalScored===null&&t.adaptive==="false"){let n=this.configContext?.reportValidityAfterScoring===!0;t.processResponse(!0,n)}}},Pl=function(e){if(U(this,fe,e.detail),!this.qtiContext.QTI_CONTEXT?.testIdentifier){let n=this.qtiContext.QTI_CONTEXT||{testIdentifier:"",candidateIdentifier:"not set",environmentIdentifier:"default"};this.qtiContext={QTI_CONTEXT:{...n,testIdentifier:I(this,fe).identifier,environmentIdentifier:n.environmentIdentifier||"default"}}}I(this,fe).querySelectorAll('qti-context-declaration[identifier="QTI_CONTEXT"]').forEach(n=>{let o=P(this,Q,Vl).call(this,n);Object.keys(o).length>0&&(this.qtiContext={QTI_CONTEXT:{...o,...this.qtiContext.QTI_CONTEXT}})});let i=Array.from(I(this,fe)?.querySelectorAll("qti-test-part")||[]);this.computedContext={identifier:I(this,fe).identifier,title:I(this,fe).title,view:this._sessionContext?.view,testParts:i.map(n=>{let o=[...n.querySelectorAll("qti-assessment-section")];return{active:!1,identifier:n.identifier,navigationMode:n.navigationMode,submissionMode:n.submissionMode,sections:o.map(a=>{let l=[...a.querySelectorAll("qti-assessment-item-ref")];return{active:!1,identifier:a.identifier,title:a.title,items:l.map(c=>({...this.initContext?.find(p=>p.identifier===c.identifier),active:!1,identifier:c.identifier,categories:c.category?c.category?.split(" "):[],href:c.href,variables:[]}))}})}})}},Vl=function(e){let t={},i=e.querySelector("qti-default-value");return i&&i.querySelectorAll("qti-value[field-identifier]").forEach(o=>{let a=o.getAttribute("field-identifier"),l=o.getAttribute("base-type")||"string",c=o.textContent?.trim()||"";if(a){let p=c;switch(l){case"integer":p=parseInt(c,10);break;case"float":case"duration":p=parseFloat(c);break;case"boolean":p=c.toLowerCase()==="true";break;default:p=c;break}t[a]=p}}),t},Dl=function(e){let t=e.detail;this.computedContext={...this.computedContext,testParts:this.computedContext.testParts.map(i=>({...i,sections:i.sections.map(n=>({...n,items:n.items.map(o=>{if(o.identifier!==t.parentElement.getAttribute("identifier"))return o;let l=t.querySelector("qti-outcome-declaration[identifier='SCORE']")?.getAttribute("externalScored"),c=t.querySelectorAll("qti-response-declaration"),p=Array.from(c).some(v=>v.querySelector("qti-correct-response")),u=Array.from(c).some(v=>{let w=v.querySelector("qti-mapping"),f=v.querySelector("qti-area-mapping");return w?.querySelector("qti-map-entry")||f?.querySelector("qti-area-map-entry")}),h=p||u,y=!!t.querySelector("qti-response-processing");return{...o,assessmentItemIdentifier:t.getAttribute("identifier"),label:t.getAttribute("label"),title:t.title,externalScored:l,adaptive:t.adaptive=="true"||!1,timeDependent:t.timeDependent=="true"||!1,variables:t.variables,hasCorrectResponse:h,hasResponseProcessing:y}})}))}))}},d([g({type:String})],xe.prototype,"identifier",2),d([M()],xe.prototype,"initContext",2),d([M(),ce({context:or})],xe.prototype,"qtiContext",2),d([M(),ce({context:be})],xe.prototype,"configContext",2),d([M(),$({context:_e,subscribe:!0})],xe.prototype,"_testContext",2),d([M(),$({context:nt,subscribe:!0})],xe.prototype,"_sessionContext",2),d([M(),ce({context:G})],xe.prototype,"computedContext",2),d([g({type:Boolean,attribute:"auto-score-items"})],xe.prototype,"autoScoreItems",2),xe=d([k("test-navigation")],xe);var Nl=E`
  display: inline-flex;
  align-items: center;
  cursor: pointer;
  padding: 0.5rem 1rem;
  border-radius: 0.25rem;
  user-select: none;
`,ie=E`
  background-color: lightgray;
  ${Nl};
`,ne=E`
  cursor: not-allowed;
  opacity: 0.8;
`,zv=E`
  ${Nl};
  border: 1px solid gray;
`;var mr,ut=class extends C{constructor(){super();this._internalDisabled=!0;L(this,mr);U(this,mr,this.attachInternals()),I(this,mr).role="button",I(this,mr).ariaLabel="Next item",this.addEventListener("click",e=>{e.preventDefault(),this._internalDisabled||this._requestItem(this.sectionItems[this.itemIndex+1].identifier)})}_handleTestElementChange(e,t){t&&(this._internalDisabled=!1)}connectedCallback(){super.connectedCallback(),this.checkDisabled()}willUpdate(e){if(!this.computedContext)return;let t=this.computedContext?.testParts.find(i=>i.active);t&&(this.sectionItems=t.sections.flatMap(i=>i.items),this.itemIndex=this.sectionItems.findIndex(i=>i.active),this.checkDisabled())}checkDisabled(){this._internalDisabled=!this.computedContext||this.itemIndex<0||this.itemIndex>=this.sectionItems?.length-1}_requestItem(e){this.dispatchEvent(new CustomEvent("qti-request-navigation",{composed:!0,bubbles:!0,detail:{type:"item",id:e}}))}render(){return x`<slot></slot>`}};mr=new WeakMap,ut.styles=E`
    :host {
      ${ie};
    }
    :host([disabled]) {
      ${ne};
    }
  `,d([g({type:Boolean,reflect:!0,attribute:"disabled"})],ut.prototype,"_internalDisabled",2),d([$({context:G,subscribe:!0})],ut.prototype,"computedContext",2),d([B("computedContext")],ut.prototype,"_handleTestElementChange",1),ut=d([k("test-next")],ut);var mt=class extends C{constructor(){super();this._internalDisabled=!0;this.addEventListener("click",e=>{e.preventDefault(),this._internalDisabled||this._requestItem(this.sectionItems[this.itemIndex-1].identifier)})}_handleTestElementChange(e,t){t&&(this._internalDisabled=!1)}willUpdate(e){if(!this.computedContext)return;let t=this.computedContext?.testParts.find(i=>i.active);t&&(this.sectionItems=t.sections.flatMap(i=>i.items),this.itemIndex=this.sectionItems.findIndex(i=>i.active),this.checkDisabled())}checkDisabled(){this._internalDisabled=!this.computedContext||this.itemIndex===0||this.itemIndex===-1}_requestItem(e){this.dispatchEvent(new CustomEvent("qti-request-navigation",{composed:!0,bubbles:!0,detail:{type:"item",id:e}}))}render(){return x`<slot></slot>`}};mt.styles=E`
    :host {
      ${ie};
    }
    :host([disabled]) {
      ${ne};
    }
  `,d([g({type:Boolean,reflect:!0,attribute:"disabled"})],mt.prototype,"_internalDisabled",2),d([$({context:G,subscribe:!0})],mt.prototype,"computedContext",2),d([B("computedContext")],mt.prototype,"_handleTestElementChange",1),mt=d([k("test-prev")],mt);var mi,as,oe=class extends C{constructor(){super(...arguments);L(this,mi);this.label="view";this._handleViewOptionsChange=()=>{P(this,mi,as).call(this)};this._viewOptions=oe.DEFAULT_VIEW_OPTIONS}connectedCallback(){super.connectedCallback(),P(this,mi,as).call(this)}_switchView(e){this.dispatchEvent(new CustomEvent("on-test-switch-view",{composed:!0,bubbles:!0,detail:e}))}render(){return x`
      <label part="label" for="viewSelect">${this.label}</label>
      <select
        part="select"
        id="viewSelect"
        @change=${e=>{let t=e.target;this._switchView(t.value)}}
      >
        ${this._viewOptions.map(e=>x`<option value="${e}" ?selected=${e===this.sessionContext.view}>${e}</option>`)}
      </select>
    `}};mi=new WeakSet,as=function(){if(this.viewOptions){let e=this.viewOptions.split(",").map(t=>t.trim());this._viewOptions=e.filter(t=>oe.DEFAULT_VIEW_OPTIONS.includes(t))}else this._viewOptions=oe.DEFAULT_VIEW_OPTIONS},oe.DEFAULT_VIEW_OPTIONS=["author","candidate","proctor","scorer","testConstructor","tutor"],d([$({context:nt,subscribe:!0})],oe.prototype,"sessionContext",2),d([g({type:String})],oe.prototype,"label",2),d([g({type:String,attribute:"view-options"})],oe.prototype,"viewOptions",2),d([B("viewOptions",{waitUntilFirstUpdate:!0})],oe.prototype,"_handleViewOptionsChange",2),d([M()],oe.prototype,"_viewOptions",2),oe=d([k("test-view")],oe);var hr=class extends C{constructor(){super();this.itemId=null;this.addEventListener("click",()=>this._requestItem(this.itemId))}_requestItem(e){this.dispatchEvent(new CustomEvent("qti-request-navigation",{composed:!0,bubbles:!0,detail:{type:"item",id:e}}))}render(){return x` <slot></slot> `}};hr.styles=E`
    :host {
      ${ie};
    }
    :host([disabled]) {
      ${ne};
    }
  `,d([g({type:String,attribute:"item-id"})],hr.prototype,"itemId",2),hr=d([k("test-item-link")],hr);var hi=class extends C{constructor(){super(),this.addEventListener("click",()=>this.dispatchEvent(new CustomEvent("test-end-attempt",{bubbles:!0})))}render(){return x` <slot></slot> `}};hi.styles=E`
    :host {
      ${ie};
    }
    :host([disabled]) {
      ${ne};
    }
  `,hi=d([k("test-end-attempt")],hi);var fi,fr,Ol,Hl,Ce=class extends C{constructor(){super(...arguments);L(this,fr);this.shown=!1;this.disabled=!1;this.showCorrectText="Show correct response";this.hideCorrectText="Hide correct response";this.noCorrectResponseText="No correct response specified";L(this,fi)}willUpdate(e){let t=this.computedContext?.testParts.flatMap(i=>i.sections.flatMap(n=>n.items)).find(i=>i.active);if(I(this,fi)!==t&&(this.shown=!1,U(this,fi,t)),t){let i=!!t?.variables?.some(o=>o.correctResponse),n=!!t?.variables?.some(o=>o.mapping?.mapEntries?.length>0||o.areaMapping?.areaMapEntries?.length>0);this.disabled=!i&&!n}else this.disabled=!0}render(){return x` <div @click="${P(this,fr,Ol)}">${P(this,fr,Hl).call(this)}</div> `}};fi=new WeakMap,fr=new WeakSet,Ol=function(){this.disabled||(this.shown=!this.shown,this.dispatchEvent(new CustomEvent("test-show-correct-response",{detail:this.shown,bubbles:!0})))},Hl=function(){return this.disabled?this.noCorrectResponseText:this.shown?this.hideCorrectText:this.showCorrectText},Ce.styles=E`
    :host {
      ${ie};
    }
    :host([disabled]) {
      ${ne};
    }
  `,d([$({context:G,subscribe:!0})],Ce.prototype,"computedContext",2),d([g({type:Boolean,reflect:!0})],Ce.prototype,"shown",2),d([g({type:Boolean,reflect:!0})],Ce.prototype,"disabled",2),d([g({type:String})],Ce.prototype,"showCorrectText",2),d([g({type:String})],Ce.prototype,"hideCorrectText",2),d([g({type:String})],Ce.prototype,"noCorrectResponseText",2),Ce=d([k("test-show-correct-response")],Ce);var $n=globalThis,Tn=$n.trustedTypes,Fl=Tn?Tn.createPolicy("lit-html",{createHTML:s=>s}):void 0,cs="$lit$",Xe=`lit$${Math.random().toFixed(9).slice(2)}$`,ds="?"+Xe,Jd=`<${ds}>`,Ot=$n.document===void 0?{createTreeWalker:()=>({})}:document,In=()=>Ot.createComment(""),bi=s=>s===null||typeof s!="object"&&typeof s!="function",ps=Array.isArray,Gl=s=>ps(s)||typeof s?.[Symbol.iterator]=="function",ls=`[ 	
\f\r]`,gi=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Ul=/-->/g,Bl=/>/g,Dt=RegExp(`>|${ls}(?:([^\\s"'>=/]+)(${ls}*=${ls}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),zl=/'/g,jl=/"/g,Xl=/^(?:script|style|textarea|title)$/i,us=s=>(r,...e)=>({_$litType$:s,strings:r,values:e}),Ay=us(1),Ty=us(2),Iy=us(3),Ht=Symbol.for("lit-noChange"),X=Symbol.for("lit-nothing"),Wl=new WeakMap,Nt=Ot.createTreeWalker(Ot,129);function Ql(s,r){if(!ps(s)||!s.hasOwnProperty("raw"))throw Error("invalid template strings array");return Fl!==void 0?Fl.createHTML(r):r}var Yl=(s,r)=>{let e=s.length-1,t=[],i,n=r===2?"<svg>":r===3?"<math>":"",o=gi;for(let a=0;a<e;a++){let l=s[a],c,p,u=-1,h=0;for(;h<l.length&&(o.lastIndex=h,p=o.exec(l),p!==null);)h=o.lastIndex,o===gi?p[1]==="!--"?o=Ul:p[1]!==void 0?o=Bl:p[2]!==void 0?(Xl.test(p[2])&&(i=RegExp("</"+p[2],"g")),o=Dt):p[3]!==void 0&&(o=Dt):o===Dt?p[0]===">"?(o=i??gi,u=-1):p[1]===void 0?u=-2:(u=o.lastIndex-p[2].length,c=p[1],o=p[3]===void 0?Dt:p[3]==='"'?jl:zl):o===jl||o===zl?o=Dt:o===Ul||o===Bl?o=gi:(o=Dt,i=void 0);let y=o===Dt&&s[a+1].startsWith("/>")?" ":"";n+=o===gi?l+Jd:u>=0?(t.push(c),l.slice(0,u)+cs+l.slice(u)+Xe+y):l+Xe+(u===-2?a:y)}return[Ql(s,n+(s[e]||"<?>")+(r===2?"</svg>":r===3?"</math>":"")),t]},vi=class s{constructor({strings:r,_$litType$:e},t){let i;this.parts=[];let n=0,o=0,a=r.length-1,l=this.parts,[c,p]=Yl(r,e);if(this.el=s.createElement(c,t),Nt.currentNode=this.el.content,e===2||e===3){let u=this.el.content.firstChild;u.replaceWith(...u.childNodes)}for(;(i=Nt.nextNode())!==null&&l.length<a;){if(i.nodeType===1){if(i.hasAttributes())for(let u of i.getAttributeNames())if(u.endsWith(cs)){let h=p[o++],y=i.getAttribute(u).split(Xe),v=/([.?@])?(.*)/.exec(h);l.push({type:1,index:n,name:v[2],strings:y,ctor:v[1]==="."?kn:v[1]==="?"?Mn:v[1]==="@"?_n:Ut}),i.removeAttribute(u)}else u.startsWith(Xe)&&(l.push({type:6,index:n}),i.removeAttribute(u));if(Xl.test(i.tagName)){let u=i.textContent.split(Xe),h=u.length-1;if(h>0){i.textContent=Tn?Tn.emptyScript:"";for(let y=0;y<h;y++)i.append(u[y],In()),Nt.nextNode(),l.push({type:2,index:++n});i.append(u[h],In())}}}else if(i.nodeType===8)if(i.data===ds)l.push({type:2,index:n});else{let u=-1;for(;(u=i.data.indexOf(Xe,u+1))!==-1;)l.push({type:7,index:n}),u+=Xe.length-1}n++}}static createElement(r,e){let t=Ot.createElement("template");return t.innerHTML=r,t}};function Ft(s,r,e=s,t){if(r===Ht)return r;let i=t!==void 0?e._$Co?.[t]:e._$Cl,n=bi(r)?void 0:r._$litDirective$;return i?.constructor!==n&&(i?._$AO?.(!1),n===void 0?i=void 0:(i=new n(s),i._$AT(s,e,t)),t!==void 0?(e._$Co??=[])[t]=i:e._$Cl=i),i!==void 0&&(r=Ft(s,i._$AS(s,r.values),i,t)),r}var Rn=class{constructor(r,e){this._$AV=[],this._$AN=void 0,this._$AD=r,this._$AM=e}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(r){let{el:{content:e},parts:t}=this._$AD,i=(r?.creationScope??Ot).importNode(e,!0);Nt.currentNode=i;let n=Nt.nextNode(),o=0,a=0,l=t[0];for(;l!==void 0;){if(o===l.index){let c;l.type===2?c=new yi(n,n.nextSibling,this,r):l.type===1?c=new l.ctor(n,l.name,l.strings,this,r):l.type===6&&(c=new Ln(n,this,r)),this._$AV.push(c),l=t[++a]}o!==l?.index&&(n=Nt.nextNode(),o++)}return Nt.currentNode=Ot,i}p(r){let e=0;for(let t of this._$AV)t!==void 0&&(t.strings!==void 0?(t._$AI(r,t,e),e+=t.strings.length-2):t._$AI(r[e])),e++}},yi=class s{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(r,e,t,i){this.type=2,this._$AH=X,this._$AN=void 0,this._$AA=r,this._$AB=e,this._$AM=t,this.options=i,this._$Cv=i?.isConnected??!0}get parentNode(){let r=this._$AA.parentNode,e=this._$AM;return e!==void 0&&r?.nodeType===11&&(r=e.parentNode),r}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(r,e=this){r=Ft(this,r,e),bi(r)?r===X||r==null||r===""?(this._$AH!==X&&this._$AR(),this._$AH=X):r!==this._$AH&&r!==Ht&&this._(r):r._$litType$!==void 0?this.$(r):r.nodeType!==void 0?this.T(r):Gl(r)?this.k(r):this._(r)}O(r){return this._$AA.parentNode.insertBefore(r,this._$AB)}T(r){this._$AH!==r&&(this._$AR(),this._$AH=this.O(r))}_(r){this._$AH!==X&&bi(this._$AH)?this._$AA.nextSibling.data=r:this.T(Ot.createTextNode(r)),this._$AH=r}$(r){let{values:e,_$litType$:t}=r,i=typeof t=="number"?this._$AC(r):(t.el===void 0&&(t.el=vi.createElement(Ql(t.h,t.h[0]),this.options)),t);if(this._$AH?._$AD===i)this._$AH.p(e);else{let n=new Rn(i,this),o=n.u(this.options);n.p(e),this.T(o),this._$AH=n}}_$AC(r){let e=Wl.get(r.strings);return e===void 0&&Wl.set(r.strings,e=new vi(r)),e}k(r){ps(this._$AH)||(this._$AH=[],this._$AR());let e=this._$AH,t,i=0;for(let n of r)i===e.length?e.push(t=new s(this.O(In()),this.O(In()),this,this.options)):t=e[i],t._$AI(n),i++;i<e.length&&(this._$AR(t&&t._$AB.nextSibling,i),e.length=i)}_$AR(r=this._$AA.nextSibling,e){for(this._$AP?.(!1,!0,e);r!==this._$AB;){let t=r.nextSibling;r.remove(),r=t}}setConnected(r){this._$AM===void 0&&(this._$Cv=r,this._$AP?.(r))}},Ut=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(r,e,t,i,n){this.type=1,this._$AH=X,this._$AN=void 0,this.element=r,this.name=e,this._$AM=i,this.options=n,t.length>2||t[0]!==""||t[1]!==""?(this._$AH=Array(t.length-1).fill(new String),this.strings=t):this._$AH=X}_$AI(r,e=this,t,i){let n=this.strings,o=!1;if(n===void 0)r=Ft(this,r,e,0),o=!bi(r)||r!==this._$AH&&r!==Ht,o&&(this._$AH=r);else{let a=r,l,c;for(r=n[0],l=0;l<n.length-1;l++)c=Ft(this,a[t+l],e,l),c===Ht&&(c=this._$AH[l]),o||=!bi(c)||c!==this._$AH[l],c===X?r=X:r!==X&&(r+=(c??"")+n[l+1]),this._$AH[l]=c}o&&!i&&this.j(r)}j(r){r===X?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,r??"")}},kn=class extends Ut{constructor(){super(...arguments),this.type=3}j(r){this.element[this.name]=r===X?void 0:r}},Mn=class extends Ut{constructor(){super(...arguments),this.type=4}j(r){this.element.toggleAttribute(this.name,!!r&&r!==X)}},_n=class extends Ut{constructor(r,e,t,i,n){super(r,e,t,i,n),this.type=5}_$AI(r,e=this){if((r=Ft(this,r,e,0)??X)===Ht)return;let t=this._$AH,i=r===X&&t!==X||r.capture!==t.capture||r.once!==t.once||r.passive!==t.passive,n=r!==X&&(t===X||i);i&&this.element.removeEventListener(this.name,this,t),n&&this.element.addEventListener(this.name,this,r),this._$AH=r}handleEvent(r){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,r):this._$AH.handleEvent(r)}},Ln=class{constructor(r,e,t){this.element=r,this.type=6,this._$AN=void 0,this._$AM=e,this.options=t}get _$AU(){return this._$AM._$AU}_$AI(r){Ft(this,r)}},te={M:cs,P:Xe,A:ds,C:1,L:Yl,R:Rn,D:Gl,V:Ft,I:yi,H:Ut,N:Mn,U:_n,B:kn,F:Ln},Kd=$n.litHtmlPolyfillSupport;Kd?.(vi,yi),($n.litHtmlVersions??=[]).push("3.3.1");var Pn=["this"],Jl=["+","-","!"],Kl=["=","+","-","*","/","%","^","==","!=",">","<",">=","<=","||","&&","??","&","===","!==","|","|>"],ms={"!":0,":":0,",":0,")":0,"]":0,"}":0,"|>":1,"?":2,"??":3,"||":4,"&&":5,"|":6,"^":7,"&":8,"!=":9,"==":9,"!==":9,"===":9,">=":10,">":10,"<=":10,"<":10,"+":11,"-":11,"%":12,"/":12,"*":12,"(":13,"[":13,".":13,"{":13},Vn=13;var Zd=["==","!=","<=",">=","||","&&","??","|>"],ep=["===","!=="],D;(function(s){s[s.STRING=1]="STRING",s[s.IDENTIFIER=2]="IDENTIFIER",s[s.DOT=3]="DOT",s[s.COMMA=4]="COMMA",s[s.COLON=5]="COLON",s[s.INTEGER=6]="INTEGER",s[s.DECIMAL=7]="DECIMAL",s[s.OPERATOR=8]="OPERATOR",s[s.GROUPER=9]="GROUPER",s[s.KEYWORD=10]="KEYWORD",s[s.ARROW=11]="ARROW"})(D||(D={}));var Ne=(s,r,e=0)=>({kind:s,value:r,precedence:e}),tp=s=>s===9||s===10||s===13||s===32,Zl=s=>s===95||s===36||(s&=-33,65<=s&&s<=90),rp=s=>Zl(s)||xi(s),ip=s=>Pn.indexOf(s)!==-1,np=s=>s===34||s===39,xi=s=>48<=s&&s<=57,op=s=>s===43||s===45||s===42||s===47||s===33||s===38||s===37||s===60||s===61||s===62||s===63||s===94||s===124,sp=s=>s===40||s===41||s===91||s===93||s===123||s===125,ap=s=>s.replace(/\\(.)/g,(r,e)=>{switch(e){case"n":return`
`;case"r":return"\r";case"t":return"	";case"b":return"\b";case"f":return"\f";default:return e}}),Dn=class{#e;#t=-1;#r=0;#i;constructor(r){this.#e=r,this.#n()}nextToken(){for(;tp(this.#i);)this.#n(!0);if(np(this.#i))return this.#a();if(Zl(this.#i))return this.#c();if(xi(this.#i))return this.#d();if(this.#i===46)return this.#l();if(this.#i===44)return this.#u();if(this.#i===58)return this.#h();if(op(this.#i))return this.#b();if(sp(this.#i))return this.#f();if(this.#n(),this.#i!==void 0)throw new Error(`Expected end of input, got ${this.#i}`)}#n(r){this.#t++,this.#t<this.#e.length?(this.#i=this.#e.charCodeAt(this.#t),r===!0&&(this.#r=this.#t)):this.#i=void 0}#o(r=0){let e=this.#e.substring(this.#r,this.#t+r);return r===0&&this.#s(),e}#s(){this.#r=this.#t}#a(){let r="unterminated string",e=this.#i;for(this.#n(!0);this.#i!==e;){if(this.#i===void 0)throw new Error(r);if(this.#i===92&&(this.#n(),this.#i===void 0))throw new Error(r);this.#n()}let t=Ne(D.STRING,ap(this.#o()));return this.#n(),t}#c(){do this.#n();while(rp(this.#i));let r=this.#o(),e=ip(r)?D.KEYWORD:D.IDENTIFIER;return Ne(e,r)}#d(){do this.#n();while(xi(this.#i));return this.#i===46?this.#l():Ne(D.INTEGER,this.#o())}#l(){return this.#n(),xi(this.#i)?this.#g():(this.#s(),Ne(D.DOT,".",Vn))}#u(){return this.#n(!0),Ne(D.COMMA,",")}#h(){return this.#n(!0),Ne(D.COLON,":")}#g(){do this.#n();while(xi(this.#i));return Ne(D.DECIMAL,this.#o())}#b(){this.#n();let r=this.#o(2);if(ep.indexOf(r)!==-1)this.#n(),this.#n();else{if(r=this.#o(1),r==="=>")return this.#n(),Ne(D.ARROW,r);Zd.indexOf(r)!==-1&&this.#n()}return r=this.#o(),Ne(D.OPERATOR,r,ms[r])}#f(){let r=String.fromCharCode(this.#i),e=Ne(D.GROUPER,r,ms[r]);return this.#n(!0),e}};var hs=(s,r)=>new qi(s,r).parse(),qi=class{#e;#t;#r;#i;#n;constructor(r,e){this.#t=new Dn(r),this.#r=e}parse(){return this.#o(),this.#s()}#o(r,e){if(!this._matches(r,e))throw new Error(`Expected kind ${r} (${e}), was ${this.#i?.kind} (${this.#i?.value})`);let t=this.#t.nextToken();this.#i=t,this.#e=t?.kind,this.#n=t?.value}_matches(r,e){return!(r&&this.#e!==r||e&&this.#n!==e)}#s(){if(!this.#i)return this.#r.empty();let r=this.#l();return r===void 0?void 0:this.#a(r,0)}#a(r,e){if(r===void 0)throw new Error("Expected left to be defined.");for(;this.#i;)if(this._matches(D.GROUPER,"(")){let t=this.#p();r=this.#r.invoke(r,void 0,t)}else if(this._matches(D.GROUPER,"[")){let t=this.#v();r=this.#r.index(r,t)}else if(this._matches(D.DOT)){this.#o();let t=this.#l();r=this.#c(r,t)}else{if(this._matches(D.KEYWORD))break;if(this._matches(D.OPERATOR)&&this.#i.precedence>=e)r=this.#n==="?"?this.#u(r):this.#d(r,this.#i);else break}return r}#c(r,e){if(e===void 0)throw new Error("expected identifier");if(e.type==="ID")return this.#r.getter(r,e.value);if(e.type==="Invoke"&&e.receiver.type==="ID"){let t=e.receiver;return this.#r.invoke(r,t.value,e.arguments)}else throw new Error(`expected identifier: ${e}`)}#d(r,e){if(Kl.indexOf(e.value)===-1)throw new Error(`unknown operator: ${e.value}`);this.#o();let t=this.#l();for(;(this.#e===D.OPERATOR||this.#e===D.DOT||this.#e===D.GROUPER)&&this.#i.precedence>e.precedence;)t=this.#a(t,this.#i.precedence);return this.#r.binary(r,e.value,t)}#l(){if(this._matches(D.OPERATOR)){let r=this.#n;if(this.#o(),r==="+"||r==="-"){if(this._matches(D.INTEGER))return this.#m(r);if(this._matches(D.DECIMAL))return this.#w(r)}if(Jl.indexOf(r)===-1)throw new Error(`unexpected token: ${r}`);let e=this.#a(this.#h(),Vn);return this.#r.unary(r,e)}return this.#h()}#u(r){this.#o(D.OPERATOR,"?");let e=this.#s();this.#o(D.COLON);let t=this.#s();return this.#r.ternary(r,e,t)}#h(){switch(this.#e){case D.KEYWORD:let r=this.#n;if(r==="this")return this.#o(),this.#r.id(r);throw Pn.indexOf(r)!==-1?new Error(`unexpected keyword: ${r}`):new Error(`unrecognized keyword: ${r}`);case D.IDENTIFIER:return this.#f();case D.STRING:return this.#q();case D.INTEGER:return this.#m();case D.DECIMAL:return this.#w();case D.GROUPER:return this.#n==="("?this.#x():this.#n==="{"?this.#b():this.#n==="["?this.#g():void 0;case D.COLON:throw new Error('unexpected token ":"');default:return}}#g(){let r=[];do{if(this.#o(),this._matches(D.GROUPER,"]"))break;r.push(this.#s())}while(this._matches(D.COMMA));return this.#o(D.GROUPER,"]"),this.#r.list(r)}#b(){let r={};do{if(this.#o(),this._matches(D.GROUPER,"}"))break;let e=this.#n;(this._matches(D.STRING)||this._matches(D.IDENTIFIER))&&this.#o(),this.#o(D.COLON),r[e]=this.#s()}while(this._matches(D.COMMA));return this.#o(D.GROUPER,"}"),this.#r.map(r)}#f(){let r=this.#n;if(r==="true")return this.#o(),this.#r.literal(!0);if(r==="false")return this.#o(),this.#r.literal(!1);if(r==="null")return this.#o(),this.#r.literal(null);if(r==="undefined")return this.#o(),this.#r.literal(void 0);let e=this.#y(),t=this.#p();return t?this.#r.invoke(e,void 0,t):e}#y(){if(!this._matches(D.IDENTIFIER))throw new Error(`expected identifier: ${this.#n}`);let r=this.#n;return this.#o(),this.#r.id(r)}#p(){if(!this._matches(D.GROUPER,"("))return;let r=[];do{if(this.#o(),this._matches(D.GROUPER,")"))break;let e=this.#s();r.push(e)}while(this._matches(D.COMMA));return this.#o(D.GROUPER,")"),r}#v(){this.#o();let r=this.#s();return this.#o(D.GROUPER,"]"),r}#x(){let r=this.#p();if(this._matches(D.ARROW)){this.#o();let e=this.#s(),t=r?.map(i=>i.value)??[];return this.#r.arrowFunction(t,e)}else return this.#r.paren(r[0])}#q(){let r=this.#r.literal(this.#n);return this.#o(),r}#m(r=""){let e=this.#r.literal(parseInt(`${r}${this.#n}`,10));return this.#o(),e}#w(r=""){let e=this.#r.literal(parseFloat(`${r}${this.#n}`));return this.#o(),e}};var{hasOwn:ec,fromEntries:lp}=Object,cp={"+":(s,r)=>s+r,"-":(s,r)=>s-r,"*":(s,r)=>s*r,"/":(s,r)=>s/r,"%":(s,r)=>s%r,"==":(s,r)=>s==r,"!=":(s,r)=>s!=r,"===":(s,r)=>s===r,"!==":(s,r)=>s!==r,">":(s,r)=>s>r,">=":(s,r)=>s>=r,"<":(s,r)=>s<r,"<=":(s,r)=>s<=r,"||":(s,r)=>s||r,"&&":(s,r)=>s&&r,"??":(s,r)=>s??r,"|":(s,r)=>r(s),"|>":(s,r)=>r(s)},dp={"+":s=>s,"-":s=>-s,"!":s=>!s},Nn=class{empty(){return{type:"Empty",evaluate(r){return r},getIds(r){return r}}}literal(r){return{type:"Literal",value:r,evaluate(e){return this.value},getIds(e){return e}}}id(r){return{type:"ID",value:r,evaluate(e){return this.value==="this"?e:e?.[this.value]},getIds(e){return e.push(this.value),e}}}unary(r,e){let t=dp[r];return{type:"Unary",operator:r,child:e,evaluate(i){return t(this.child.evaluate(i))},getIds(i){return this.child.getIds(i)}}}binary(r,e,t){let i=cp[e];return{type:"Binary",operator:e,left:r,right:t,evaluate(n){if(this.operator==="="){if(this.left.type!=="ID"&&this.left.type!=="Getter"&&this.left.type!=="Index")throw new Error(`Invalid assignment target: ${this.left}`);let o=this.right.evaluate(n),a,l;return this.left.type==="Getter"?(a=this.left.receiver.evaluate(n),l=this.left.name):this.left.type==="Index"?(a=this.left.receiver.evaluate(n),l=this.left.argument.evaluate(n)):this.left.type==="ID"&&(a=n,l=this.left.value),a===void 0?void 0:a[l]=o}return i(this.left.evaluate(n),this.right.evaluate(n))},getIds(n){return this.left.getIds(n),this.right.getIds(n),n}}}getter(r,e){return{type:"Getter",receiver:r,name:e,evaluate(t){return this.receiver.evaluate(t)?.[this.name]},getIds(t){return this.receiver.getIds(t),t}}}invoke(r,e,t){if(e!=null&&typeof e!="string")throw new Error("method not a string");return{type:"Invoke",receiver:r,method:e,arguments:t,evaluate(i){let n=this.receiver.evaluate(i),o=this.method?n:i?.this??i,a=this.method?n?.[e]:n,c=(this.arguments??[]).map(p=>p?.evaluate(i));return a?.apply?.(o,c)},getIds(i){return this.receiver.getIds(i),this.arguments?.forEach(n=>n?.getIds(i)),i}}}paren(r){return r}index(r,e){return{type:"Index",receiver:r,argument:e,evaluate(t){return this.receiver.evaluate(t)?.[this.argument.evaluate(t)]},getIds(t){return this.receiver.getIds(t),t}}}ternary(r,e,t){return{type:"Ternary",condition:r,trueExpr:e,falseExpr:t,evaluate(i){return this.condition.evaluate(i)?this.trueExpr.evaluate(i):this.falseExpr.evaluate(i)},getIds(i){return this.condition.getIds(i),this.trueExpr.getIds(i),this.falseExpr.getIds(i),i}}}map(r){return{type:"Map",entries:r,evaluate(e){let t={};if(r&&this.entries)for(let i in r){let n=this.entries[i];n&&(t[i]=n.evaluate(e))}return t},getIds(e){if(r&&this.entries)for(let t in r){let i=this.entries[t];i&&i.getIds(e)}return e}}}list(r){return{type:"List",items:r,evaluate(e){return this.items?.map(t=>t?.evaluate(e))},getIds(e){return this.items?.forEach(t=>t?.getIds(e)),e}}}arrowFunction(r,e){return{type:"ArrowFunction",params:r,body:e,evaluate(t){let i=this.params,n=this.body;return function(...o){let a=lp(i.map((c,p)=>[c,o[p]])),l=new Proxy(t??{},{set(c,p,u){return ec(a,p)&&(a[p]=u),c[p]=u},get(c,p){return ec(a,p)?a[p]:c[p]}});return n.evaluate(l)}},getIds(t){return this.body.getIds(t).filter(i=>!this.params.includes(i))}}}};var fs=null,tc={boundAttributeSuffix:te.M,marker:te.P,markerMatch:te.A,HTML_RESULT:te.C,getTemplateHtml:te.L,overrideDirectiveResolve:(s,r)=>class extends s{_$AS(e,t){return r(this,t)}},patchDirectiveResolve:(s,r)=>{if(s.prototype._$AS.name!==r.name){fs??=s.prototype._$AS.name;for(let e=s.prototype;e!==Object.prototype;e=Object.getPrototypeOf(e))if(e.hasOwnProperty(fs))return void(e[fs]=r);throw Error("Internal error: It is possible that both dev mode and production mode Lit was mixed together during SSR. Please comment on the issue: https://github.com/lit/lit/issues/4527")}},setDirectiveClass(s,r){s._$litDirective$=r},getAttributePartCommittedValue:(s,r,e)=>{let t=Ht;return s.j=i=>t=i,s._$AI(r,s,e),t},connectedDisconnectable:s=>({...s,_$AU:!0}),resolveDirective:te.V,AttributePart:te.H,PropertyPart:te.B,BooleanAttributePart:te.N,EventPart:te.U,ElementPart:te.F,TemplateInstance:te.R,isIterable:te.D,ChildPart:te.I};var{AttributePart:pp,PropertyPart:up,BooleanAttributePart:mp,EventPart:hp}=tc,bs=new Nn,gs=new Map,rc=s=>s.replace(/-(-|\w)/g,(r,e)=>e.toUpperCase()),On=(s,r)=>{let e=gs.get(s);if(e===void 0){if(gs.has(s))return;if(s=s.trim(),s.startsWith("{{")&&s.endsWith("}}")){let t=s.substring(2,s.length-2).trim();e=new qi(t,bs).parse(),gs.set(s,e)}}return e?.evaluate(r)},fp=(s,r,e,t)=>{let i=s.getAttribute("if");if(i!==null&&On(i,r))return Hn(s,r,e,t)},ic=/(?<!\\){{(.*?)(?:(?<!\\)}})/g,nc=s=>/(?:\\{{)|(?:\\}})/g.test(s),wi=s=>s.replaceAll(/\\{{/g,"{{").replace(/\\}}/g,"}}"),gp=(s,r,e,t)=>{let i=s.getAttribute("repeat");if(i!==null){let n=On(i,r);if(!n[Symbol.iterator])return X;let o=Ci(s),a=-1,l=[];for(let c of n){a++;let p=Object.create(r);p.item=c,p.index=a,p.this=r.this??r;let u=[];for(let y of o.parts){let v=y.update(p,e,t);y.type===1?u.push(...v):u.push(v)}let h={_$litType$:o,values:u};l.push(h)}return l}},sc={if:fp,repeat:gp},Oe=(s,r=sc,e={},t)=>{let n=Ci(s).renderers;if(t){let a=Ci(t).renderers,l=n.super;l!==void 0?e={...n,...e,super:(c,p,u)=>(u={...a,...u,super:(h,y,v)=>Hn(t,h,y,v)},l(c,p,u))}:(e={...a,...n,...e},s=t)}else e={...n,...e};return o=>Hn(s,o,r,e)};var Hn=(s,r,e=sc,t={})=>{let i=Ci(s),n=[];for(let a of i.parts){let l=a.update(r,e,t);a.type===1?n.push(...l):n.push(l)}return{_$litType$:i,values:n}},oc=new Map,Ci=s=>{let r=oc.get(s);return r===void 0&&oc.set(s,r=bp(s)),r},bp=s=>{let r={h:void 0,el:s.cloneNode(!0),parts:[],renderers:{}},e=document.createTreeWalker(r.el.content,NodeFilter.SHOW_ELEMENT|NodeFilter.SHOW_TEXT|NodeFilter.SHOW_COMMENT),t=e.currentNode,i=-1,n=[];for(;(t=e.nextNode())!==null;)if(t.nodeType===Node.COMMENT_NODE)i++;else if(t.nodeType===Node.ELEMENT_NODE){i++;let o=t;if(o.tagName==="TEMPLATE"){let l=o.getAttribute("type"),c=o.getAttribute("name"),p=o.getAttribute("call");if(p!==null||l!==null||c!==null){o.parentNode.insertBefore(document.createComment(""),o),n.push(o);let u;if(p!==null){let h=p.trim(),y=h.startsWith("{{")&&h.endsWith("}}");u=(v,w,f)=>{let m=o.getAttribute("data"),b=m===null?void 0:On(m,v);return(y?On(h,v):f[p])?.(b,w,f)}}else l!==null?u=(h,y,v)=>{let w=y[l];return w?.(o,h,y,v)}:(c==="super"?r.renderers.super=(h,y,v)=>{let w=v.super,f=Ci(o);return v={...v,...f.renderers},w(h,y,v)}:r.renderers[c]=(h,y,v)=>Hn(o,h,y,v),u=(h,y,v)=>{let w=v[c];return w?.(h,y,v)});r.parts.push({type:2,index:i,update:u});continue}}let a=o.getAttributeNames();for(let l of a){let c=o.getAttribute(l),p=c.split(ic);if(p.length===1){nc(c)&&o.setAttribute(l,wi(c));continue}o.removeAttribute(l);let u=l,h=pp,y=l[0];y==="."?(u=rc(l.substring(1)),h=up):y==="?"?(u=l.substring(1),h=mp):y==="@"&&(u=rc(l.substring(1)),h=hp);let v=[wi(p[0])],w=[];for(let f=1;f<p.length;f+=2){let m=p[f];w.push(hs(m,bs)),v.push(wi(p[f+1]))}r.parts.push({type:1,index:i,name:u,strings:v,ctor:h,update:(f,m,b)=>w.map(q=>q.evaluate(f))})}}else if(t.nodeType===Node.TEXT_NODE){let o=t,a=o.textContent,l=a.split(ic);l.length>1?o.textContent=wi(l[0]):nc(a)&&(o.textContent=wi(a));for(let c=1;c<l.length;c+=2){let p=l[c],u=hs(p,bs);r.parts.push({type:2,index:++i,update:(y,v)=>u.evaluate(y)});let h=new Text(l[c+1].replace("\\{{","{{"));o.parentNode.insertBefore(h,o.nextSibling),o.parentNode.insertBefore(document.createComment(""),o.nextSibling),o=h,e.currentNode=h}}for(let o of n)o.remove();return r};var Si,Ei=class extends C{constructor(){super();L(this,Si);U(this,Si,this.attachInternals()),I(this,Si).ariaLabel="pagination"}createRenderRoot(){return this}connectedCallback(){super.connectedCallback();let e=this.querySelector("template");this.myTemplate=Oe(e)}render(){if(!this.computedContext)return x``;let e=this.computedContext.testParts.flatMap(t=>t.sections.flatMap(i=>i.items));return x` ${e.map(t=>this.myTemplate({item:t,view:this.computedContext.view}))} `}};Si=new WeakMap,d([$({context:G,subscribe:!0})],Ei.prototype,"computedContext",2),Ei=d([k("test-paging-buttons-stamp")],Ei);var Fn=class{constructor(r){this.G=r}disconnect(){this.G=void 0}reconnect(r){this.G=r}deref(){return this.G}},Un=class{constructor(){this.Y=void 0,this.Z=void 0}get(){return this.Y}pause(){this.Y??=new Promise(r=>this.Z=r)}resume(){this.Z?.(),this.Y=this.Z=void 0}};var ac=s=>!ol(s)&&typeof s.then=="function",lc=1073741823,vs=class extends at{constructor(){super(...arguments),this._$Cwt=lc,this._$Cbt=[],this._$CK=new Fn(this),this._$CX=new Un}render(...r){return r.find(e=>!ac(e))??Z}update(r,e){let t=this._$Cbt,i=t.length;this._$Cbt=e;let n=this._$CK,o=this._$CX;this.isConnected||this.disconnected();for(let a=0;a<e.length&&!(a>this._$Cwt);a++){let l=e[a];if(!ac(l))return this._$Cwt=a,l;a<i&&l===t[a]||(this._$Cwt=lc,i=0,Promise.resolve(l).then(async c=>{for(;o.get();)await o.get();let p=n.deref();if(p!==void 0){let u=p._$Cbt.indexOf(l);u>-1&&u<p._$Cwt&&(p._$Cwt=u,p.setValue(c))}}))}return Z}disconnected(){this._$CK.disconnect(),this._$CX.pause()}reconnected(){this._$CK.reconnect(this),this._$CX.resume()}},Bn=de(vs);var zn=`@layer qti-base, qti-components, qti-utilities, qti-variants, qti-extended;

/* https://www.imsglobal.org/sites/default/files/spec/qti/v3/guide/img/qti3p0.css */

/* ============================
   QTI 3 shared css
   1.  Display
   2.  Special Flex styles
   3.  Margin
   4.  Padding
   5.  Horizontal Alignment styles
   6.  Vertical Alignment styles
   7.  Height
   8.  Width
   9.  Text-Indent
   10. List Style
   11. Layout
   12. Other QTI 3 presentation utilities
   ============================ */

/* ==========
  Display css
  =========== */

.qti-display-inline {
  display: inline;
}

.qti-display-inline-block {
  display: inline-block;
}

.qti-display-block {
  display: block;
}

.qti-display-flex {
  display: flex;
}

.qti-display-inline-flex {
  display: inline-flex;
}

.qti-display-grid {
  display: grid;
}

.qti-display-inline-grid {
  display: inline-grid;
}

.qti-display-table {
  display: table;
}

.qti-display-table-cell {
  display: table-cell;
}

.qti-display-table-row {
  display: table-row;
}

.qti-display-list-item {
  display: list-item;
}

.qti-display-inherit {
  display: inherit;
}

/* 
   * hidden to screen readers and sighted
   */

.qti-hidden {
  display: none;
}

/*
  * visible to screen readers, hidden to sighted
   */

.qti-visually-hidden {
  position: fixed !important;
  overflow: hidden;
  clip: rect(1px 1px 1px 1px);
  height: 1px;
  width: 1px;
  border: 0;
  margin: -1px;
}

/* =============================
     Special flex styles
     ============================= */

.qti-flex-direction-column {
  flex-direction: column;
}

.qti-flex-direction-row {
  flex-direction: row;
}

.qti-flex-grow-1 {
  flex-grow: 1;
}

.qti-flex-grow-0 {
  flex-grow: 0;
}

/* =========
    Margin css
    ========== */

/**
   * For margin Top and Bottom and Left and Right
   */

.qti-margin-0 {
  margin: 0 !important;
}

.qti-margin-1 {
  margin: 0.25rem !important;
}

.qti-margin-2 {
  margin: 0.5rem !important;
}

.qti-margin-3 {
  margin: 1rem !important;
}

.qti-margin-4 {
  margin: 1.5rem !important;
}

.qti-margin-5 {
  margin: 3rem !important;
}

.qti-margin-auto {
  margin: auto !important;
}

/*
   For margin Left and Right
   */

.qti-margin-x-0 {
  margin-right: 0 !important;
  margin-left: 0 !important;
}

.qti-margin-x-1 {
  margin-right: 0.25rem !important;
  margin-left: 0.25rem !important;
}

.qti-margin-x-2 {
  margin-right: 0.5rem !important;
  margin-left: 0.5rem !important;
}

.qti-margin-x-3 {
  margin-right: 1rem !important;
  margin-left: 1rem !important;
}

.qti-margin-x-4 {
  margin-right: 1.5rem !important;
  margin-left: 1.5rem !important;
}

.qti-margin-x-5 {
  margin-right: 3rem !important;
  margin-left: 3rem !important;
}

.qti-margin-x-auto {
  margin-right: auto !important;
  margin-left: auto !important;
}

/*
   For margin Top and Bottom
   */

.qti-margin-y-0 {
  margin-top: 0 !important;
  margin-bottom: 0 !important;
}

.qti-margin-y-1 {
  margin-top: 0.25rem !important;
  margin-bottom: 0.25rem !important;
}

.qti-margin-y-2 {
  margin-top: 0.5rem !important;
  margin-bottom: 0.5rem !important;
}

.qti-margin-y-3 {
  margin-top: 1rem !important;
  margin-bottom: 1rem !important;
}

.qti-margin-y-4 {
  margin-top: 1.5rem !important;
  margin-bottom: 1.5rem !important;
}

.qti-margin-y-5 {
  margin-top: 3rem !important;
  margin-bottom: 3rem !important;
}

.qti-margin-y-auto {
  margin-top: auto !important;
  margin-bottom: auto !important;
}

/*
   For margin Top
   */

.qti-margin-t-0 {
  margin-top: 0 !important;
}

.qti-margin-t-1 {
  margin-top: 0.25rem !important;
}

.qti-margin-t-2 {
  margin-top: 0.5rem !important;
}

.qti-margin-t-3 {
  margin-top: 1rem !important;
}

.qti-margin-t-4 {
  margin-top: 1.5rem !important;
}

.qti-margin-t-5 {
  margin-top: 3rem !important;
}

.qti-margin-t-auto {
  margin-top: auto !important;
}

/* 
  For margin Bottom
   */

.qti-margin-b-0 {
  margin-bottom: 0 !important;
}

.qti-margin-b-1 {
  margin-bottom: 0.25rem !important;
}

.qti-margin-b-2 {
  margin-bottom: 0.5rem !important;
}

.qti-margin-b-3 {
  margin-bottom: 1rem !important;
}

.qti-margin-b-4 {
  margin-bottom: 1.5rem !important;
}

.qti-margin-b-5 {
  margin-bottom: 3rem !important;
}

.qti-margin-b-auto {
  margin-bottom: auto !important;
}

/*
   For margin Start LTR
   */

.qti-margin-s-0 {
  margin-left: 0 !important;
}

.qti-margin-s-1 {
  margin-left: 0.25rem !important;
}

.qti-margin-s-2 {
  margin-left: 0.5rem !important;
}

.qti-margin-s-3 {
  margin-left: 1rem !important;
}

.qti-margin-s-4 {
  margin-left: 1.5rem !important;
}

.qti-margin-s-5 {
  margin-left: 3rem !important;
}

.qti-margin-s-auto {
  margin-left: auto !important;
}

/* 
  For margin End LTR
   */

.qti-margin-e-0 {
  margin-right: 0 !important;
}

.qti-margin-e-1 {
  margin-right: 0.25rem !important;
}

.qti-margin-e-2 {
  margin-right: 0.5rem !important;
}

.qti-margin-e-3 {
  margin-right: 1rem !important;
}

.qti-margin-e-4 {
  margin-right: 1.5rem !important;
}

.qti-margin-e-5 {
  margin-right: 3rem !important;
}

.qti-margin-e-auto {
  margin-right: auto !important;
}

/* =========
    Padding css
    ========== */

/*
  For padding Top and Bottom and Left and Right
   */

.qti-padding-0 {
  padding: 0 !important;
}

.qti-padding-1 {
  padding: 0.25rem !important;
}

.qti-padding-2 {
  padding: 0.5rem !important;
}

.qti-padding-3 {
  padding: 1rem !important;
}

.qti-padding-4 {
  padding: 1.5rem !important;
}

.qti-padding-5 {
  padding: 3rem !important;
}

/*
   For padding Left and Right
   */

.qti-padding-x-0 {
  padding-right: 0 !important;
  padding-left: 0 !important;
}

.qti-padding-x-1 {
  padding-right: 0.25rem !important;
  padding-left: 0.25rem !important;
}

.qti-padding-x-2 {
  padding-right: 0.5rem !important;
  padding-left: 0.5rem !important;
}

.qti-padding-x-3 {
  padding-right: 1rem !important;
  padding-left: 1rem !important;
}

.qti-padding-x-4 {
  padding-right: 1.5rem !important;
  padding-left: 1.5rem !important;
}

.qti-padding-x-5 {
  padding-right: 3rem !important;
  padding-left: 3rem !important;
}

/*
    For padding Top and Bottom
   */

.qti-padding-y-0 {
  padding-top: 0 !important;
  padding-bottom: 0 !important;
}

.qti-padding-y-1 {
  padding-top: 0.25rem !important;
  padding-bottom: 0.25rem !important;
}

.qti-padding-y-2 {
  padding-top: 0.5rem !important;
  padding-bottom: 0.5rem !important;
}

.qti-padding-y-3 {
  padding-top: 1rem !important;
  padding-bottom: 1rem !important;
}

.qti-padding-y-4 {
  padding-top: 1.5rem !important;
  padding-bottom: 1.5rem !important;
}

.qti-padding-y-5 {
  padding-top: 3rem !important;
  padding-bottom: 3rem !important;
}

/*
   For padding Top
   */

.qti-padding-t-0 {
  padding-top: 0 !important;
}

.qti-padding-t-1 {
  padding-top: 0.25rem !important;
}

.qti-padding-t-2 {
  padding-top: 0.5rem !important;
}

.qti-padding-t-3 {
  padding-top: 1rem !important;
}

.qti-padding-t-4 {
  padding-top: 1.5rem !important;
}

.qti-padding-t-5 {
  padding-top: 3rem !important;
}

/*
   For padding Bottom
   */

.qti-padding-b-0 {
  padding-bottom: 0 !important;
}

.qti-padding-b-1 {
  padding-bottom: 0.25rem !important;
}

.qti-padding-b-2 {
  padding-bottom: 0.5rem !important;
}

.qti-padding-b-3 {
  padding-bottom: 1rem !important;
}

.qti-padding-b-4 {
  padding-bottom: 1.5rem !important;
}

.qti-padding-b-5 {
  padding-bottom: 3rem !important;
}

/*
    For padding Start LTR
   */

.qti-padding-s-0 {
  padding-left: 0 !important;
}

.qti-padding-s-1 {
  padding-left: 0.25rem !important;
}

.qti-padding-s-2 {
  padding-left: 0.5rem !important;
}

.qti-padding-s-3 {
  padding-left: 1rem !important;
}

.qti-padding-s-4 {
  padding-left: 1.5rem !important;
}

.qti-padding-s-5 {
  padding-left: 3rem !important;
}

/*
   For padding End LTR
   */

.qti-padding-e-0 {
  padding-right: 0 !important;
}

.qti-padding-e-1 {
  padding-right: 0.25rem !important;
}

.qti-padding-e-2 {
  padding-right: 0.5rem !important;
}

.qti-padding-e-3 {
  padding-right: 1rem !important;
}

.qti-padding-e-4 {
  padding-right: 1.5rem !important;
}

.qti-padding-e-5 {
  padding-right: 3rem !important;
}

/* ====================
     Horizontal alignment
     ==================== */

.qti-align-left {
  text-align: left;
}

.qti-align-center {
  text-align: center;
}

.qti-align-right {
  text-align: right;
}

/* ==================
     Vertical alignment
     ================== */

.qti-valign-top {
  vertical-align: top;
}

.qti-valign-middle {
  vertical-align: middle;
}

.qti-valign-baseline {
  vertical-align: baseline;
}

.qti-valign-bottom {
  vertical-align: bottom;
}

/* =============
     Height styles
     ============= */

.qti-height-0 {
  height: 0;
}

.qti-height-px {
  height: 1px;
}

.qti-height-0p5 {
  height: 0.125rem;
}

.qti-height-1 {
  height: 0.25rem;
}

.qti-height-1p5 {
  height: 0.375rem;
}

.qti-height-2 {
  height: 0.5rem;
}

.qti-height-2p5 {
  height: 0.625rem;
}

.qti-height-3 {
  height: 0.75rem;
}

.qti-height-3p5 {
  height: 0.875rem;
}

.qti-height-4 {
  height: 1rem;
}

.qti-height-5 {
  height: 1.25rem;
}

.qti-height-6 {
  height: 1.5rem;
}

.qti-height-7 {
  height: 1.75rem;
}

.qti-height-8 {
  height: 2rem;
}

.qti-height-9 {
  height: 2.25rem;
}

.qti-height-10 {
  height: 2.5rem;
}

.qti-height-11 {
  height: 2.75rem;
}

.qti-height-12 {
  height: 3rem;
}

.qti-height-14 {
  height: 3.5rem;
}

.qti-height-16 {
  height: 4rem;
}

.qti-height-20 {
  height: 5rem;
}

.qti-height-24 {
  height: 6rem;
}

.qti-height-28 {
  height: 7rem;
}

.qti-height-32 {
  height: 8rem;
}

.qti-height-36 {
  height: 9rem;
}

.qti-height-40 {
  height: 10rem;
}

.qti-height-44 {
  height: 11rem;
}

.qti-height-48 {
  height: 12rem;
}

.qti-height-52 {
  height: 13rem;
}

.qti-height-56 {
  height: 14rem;
}

.qti-height-60 {
  height: 15rem;
}

.qti-height-64 {
  height: 16rem;
}

.qti-height-72 {
  height: 18rem;
}

.qti-height-80 {
  height: 20rem;
}

.qti-height-96 {
  height: 24rem;
}

.qti-height-1-2 {
  height: 50%;
}

.qti-height-1-3 {
  height: 33.3333%;
}

.qti-height-2-3 {
  height: 66.6667%;
}

.qti-height-1-4 {
  height: 25%;
}

.qti-height-2-4 {
  height: 50%;
}

.qti-height-3-4 {
  height: 75%;
}

.qti-height-1-5 {
  height: 20%;
}

.qti-height-2-5 {
  height: 40%;
}

.qti-height-3-5 {
  height: 60%;
}

.qti-height-4-5 {
  height: 80%;
}

.qti-height-1-6 {
  height: 16.6667%;
}

.qti-height-2-6 {
  height: 33.3333%;
}

.qti-height-3-6 {
  height: 50%;
}

.qti-height-4-6 {
  height: 66.6667%;
}

.qti-height-5-6 {
  height: 83.3333%;
}

.qti-height-auto {
  height: auto;
}

.qti-height-full {
  height: 100%;
}

/* ============
     Width styles
     ============ */

.qti-width-0 {
  width: 0;
}

.qti-width-px {
  width: 1px;
}

.qti-width-0p5 {
  width: 0.125rem;
}

.qti-width-1 {
  width: 0.25rem;
}

.qti-width-1p5 {
  width: 0.375rem;
}

.qti-width-2 {
  width: 0.5rem;
}

.qti-width-2p5 {
  width: 0.625rem;
}

.qti-width-3 {
  width: 0.75rem;
}

.qti-width-3p5 {
  width: 0.875rem;
}

.qti-width-4 {
  width: 1rem;
}

.qti-width-5 {
  width: 1.25rem;
}

.qti-width-6 {
  width: 1.5rem;
}

.qti-width-7 {
  width: 1.75rem;
}

.qti-width-8 {
  width: 2rem;
}

.qti-width-9 {
  width: 2.25rem;
}

.qti-width-10 {
  width: 2.5rem;
}

.qti-width-11 {
  width: 2.75rem;
}

.qti-width-12 {
  width: 3rem;
}

.qti-width-14 {
  width: 3.5rem;
}

.qti-width-16 {
  width: 4rem;
}

.qti-width-20 {
  width: 5rem;
}

.qti-width-24 {
  width: 6rem;
}

.qti-width-28 {
  width: 7rem;
}

.qti-width-32 {
  width: 8rem;
}

.qti-width-36 {
  width: 9rem;
}

.qti-width-40 {
  width: 10rem;
}

.qti-width-44 {
  width: 11rem;
}

.qti-width-48 {
  width: 12rem;
}

.qti-width-52 {
  width: 13rem;
}

.qti-width-56 {
  width: 14rem;
}

.qti-width-60 {
  width: 15rem;
}

.qti-width-64 {
  width: 16rem;
}

.qti-width-72 {
  width: 18rem;
}

.qti-width-80 {
  width: 20rem;
}

.qti-width-96 {
  width: 24rem;
}

.qti-width-auto {
  width: auto;
}

.qti-width-1-2 {
  width: 50%;
}

.qti-width-1-3 {
  width: 33.3333%;
}

.qti-width-2-3 {
  width: 66.6667%;
}

.qti-width-1-4 {
  width: 25%;
}

.qti-width-2-4 {
  width: 50%;
}

.qti-width-3-4 {
  width: 75%;
}

.qti-width-1-5 {
  width: 20%;
}

.qti-width-2-5 {
  width: 40%;
}

.qti-width-3-5 {
  width: 60%;
}

.qti-width-4-5 {
  width: 80%;
}

.qti-width-1-6 {
  width: 16.6667%;
}

.qti-width-2-6 {
  width: 33.3333%;
}

.qti-width-3-6 {
  width: 50%;
}

.qti-width-4-6 {
  width: 66.6667%;
}

.qti-width-5-6 {
  width: 83.3333%;
}

.qti-width-1-12 {
  width: 8.3333%;
}

.qti-width-2-12 {
  width: 16.6667%;
}

.qti-width-3-12 {
  width: 25%;
}

.qti-width-4-12 {
  width: 33.3333%;
}

.qti-width-5-12 {
  width: 41.6667%;
}

.qti-width-6-12 {
  width: 50%;
}

.qti-width-7-12 {
  width: 58.3333%;
}

.qti-width-8-12 {
  width: 66.6667%;
}

.qti-width-9-12 {
  width: 75%;
}

.qti-width-10-12 {
  width: 83.3333%;
}

.qti-width-11-12 {
  width: 91.6667%;
}

.qti-width-full,
.qti-fullwidth {
  width: 100%;
}

/* ==================
     Text Indent styles
     ================== */

.qti-text-indent-0 {
  text-indent: 0;
}

.qti-text-indent-px {
  text-indent: 1px;
}

.qti-text-indent-0p5 {
  text-indent: 0.125rem;
}

.qti-text-indent-1 {
  text-indent: 0.25rem;
}

.qti-text-indent-1p5 {
  text-indent: 0.375rem;
}

.qti-text-indent-2 {
  text-indent: 0.5rem;
}

.qti-text-indent-2p5 {
  text-indent: 0.625rem;
}

.qti-text-indent-3 {
  text-indent: 0.75rem;
}

.qti-text-indent-3p5 {
  text-indent: 0.875rem;
}

.qti-text-indent-4 {
  text-indent: 1rem;
}

.qti-text-indent-5 {
  text-indent: 1.25rem;
}

.qti-text-indent-6 {
  text-indent: 1.5rem;
}

.qti-text-indent-7 {
  text-indent: 1.75rem;
}

.qti-text-indent-8 {
  text-indent: 2rem;
}

.qti-text-indent-12 {
  text-indent: 3rem;
}

.qti-text-indent-16 {
  text-indent: 4rem;
}

.qti-text-indent-20 {
  text-indent: 5rem;
}

.qti-text-indent-24 {
  text-indent: 6rem;
}

.qti-text-indent-28 {
  text-indent: 7rem;
}

.qti-text-indent-32 {
  text-indent: 8rem;
}

/* =================
     List Style styles
     ================= */

.qti-list-style-type-none {
  list-style-type: none;
}

.qti-list-style-type-disc {
  list-style-type: disc;
}

.qti-list-style-type-circle {
  list-style-type: circle;
}

.qti-list-style-type-square {
  list-style-type: square;
}

.qti-list-style-type-decimal {
  list-style-type: decimal;
}

.qti-list-style-type-decimal-leading-zero {
  list-style-type: decimal-leading-zero;
}

.qti-list-style-type-lower-alpha {
  list-style-type: lower-alpha;
}

.qti-list-style-type-upper-alpha {
  list-style-type: upper-alpha;
}

.qti-list-style-type-lower-roman {
  list-style-type: lower-roman;
}

.qti-list-style-type-upper-roman {
  list-style-type: upper-roman;
}

.qti-list-style-type-lower-latin {
  list-style-type: lower-latin;
}

.qti-list-style-type-upper-latin {
  list-style-type: upper-latin;
}

.qti-list-style-type-lower-greek {
  list-style-type: lower-greek;
}

.qti-list-style-type-arabic-indic {
  list-style-type: arabic-indic;
}

.qti-list-style-type-armenian {
  list-style-type: armenian;
}

.qti-list-style-type-lower-armenian {
  list-style-type: lower-armenian;
}

.qti-list-style-type-upper-armenian {
  list-style-type: upper-armenian;
}

.qti-list-style-type-bengali {
  list-style-type: bengali;
}

.qti-list-style-type-cambodian {
  list-style-type: cambodian;
}

.qti-list-style-type-simp-chinese-formal {
  list-style-type: simp-chinese-formal;
}

.qti-list-style-type-simp-chinese-informal {
  list-style-type: simp-chinese-informal;
}

.qti-list-style-type-trad-chinese-formal {
  list-style-type: trad-chinese-formal;
}

.qti-list-style-type-trad-chinese-informal {
  list-style-type: trad-chinese-informal;
}

.qti-list-style-type-cjk-ideographic {
  list-style-type: cjk-ideographic;
}

.qti-list-style-type-cjk-heavenly-stem {
  list-style-type: cjk-heavenly-stem;
}

.qti-list-style-type-cjk-earthly-branch {
  list-style-type: cjk-earthly-branch;
}

.qti-list-style-type-devanagari {
  list-style-type: devanagari;
}

.qti-list-style-type-ethiopic-halehame-ti-er {
  list-style-type: ethiopic-halehame-ti-er;
}

.qti-list-style-type-ethiopic-halehame-ti-et {
  list-style-type: ethiopic-halehame-ti-et;
}

.qti-list-style-type-ethiopic-halehame-am {
  list-style-type: ethiopic-halehame-am;
}

.qti-list-style-type-ethiopic-halehame {
  list-style-type: ethiopic-halehame;
}

.qti-list-style-type-georgian {
  list-style-type: georgian;
}

.qti-list-style-type-gujarati {
  list-style-type: gujarati;
}

.qti-list-style-type-gurmukhi {
  list-style-type: gurmukhi;
}

.qti-list-style-type-hangul {
  list-style-type: hangul;
}

.qti-list-style-type-hangul-consonant {
  list-style-type: hangul-consonant;
}

.qti-list-style-type-hebrew {
  list-style-type: hebrew;
}

.qti-list-style-type-hiragana {
  list-style-type: hiragana;
}

.qti-list-style-type-hiragana-iroha {
  list-style-type: hiragana-iroha;
}

.qti-list-style-type-khmer {
  list-style-type: khmer;
}

.qti-list-style-type-korean-hangul-formal {
  list-style-type: korean-hangul-formal;
}

.qti-list-style-type-korean-hanja-formal {
  list-style-type: korean-hanja-formal;
}

.qti-list-style-type-korean-hanja-informal {
  list-style-type: korean-hanja-informal;
}

.qti-list-style-type-lao {
  list-style-type: lao;
}

.qti-list-style-type-malayalam {
  list-style-type: malayalam;
}

.qti-list-style-type-mongolian {
  list-style-type: mongolian;
}

.qti-list-style-type-myanmar {
  list-style-type: myanmar;
}

.qti-list-style-type-oriya {
  list-style-type: oriya;
}

.qti-list-style-type-persian {
  list-style-type: persian;
}

.qti-list-style-type-thai {
  list-style-type: thai;
}

.qti-list-style-type-tibetan {
  list-style-type: tibetan;
}

.qti-list-style-type-telugu {
  list-style-type: telugu;
}

.qti-list-style-type-urdu {
  list-style-type: urdu;
}

/* =========================
     Other QTI 3 Presentation Utilities
     ========================= */

.qti-bordered {
  border: 1px solid var(--table-border-color);
}

.qti-underline {
  text-decoration: underline;
  text-decoration-color: var(--foreground);
}

.qti-italic {
  font-style: italic;
}

.qti-well {
  min-height: 20px;
  padding: 19px;
  margin-bottom: 20px;
  background-color: var(--well-bg);
  border: var(--well-border);
  border-radius: 4px;
  box-shadow: var(--well-box-shadow);
}

/* Set writing-mode to vertical-rl 
     Typical for CJK vertical text */

.qti-writing-mode-vertical-rl {
  writing-mode: vertical-rl;
}

/* Set writing-mode to vertical-lr
     Typical for Mongolian vertical text  */

.qti-writing-mode-vertical-lr {
  writing-mode: vertical-lr;
}

/* Set writing-mode to horizontal-tb 
     Browser default */

.qti-writing-mode-horizontal-tb {
  writing-mode: horizontal-tb;
}

/* Float an element left */

.qti-float-left {
  float: left;
}

/* Float an element right */

.qti-float-right {
  float: right;
}

/* Remove a float */

.qti-float-none {
  float: none;
}

/* Clearfix Hack to apply to a container of 
   floated content that overflows the container. */

.qti-float-clearfix::after {
  content: '';
  clear: both;
  display: table;
}

.qti-float-clear-left
  .qti-float-clear-right
  .qti-float-clear-both
  
  /* Set text-orientation to upright */
  .qti-text-orientation-upright {
  text-orientation: upright;
}

@layer qti-base {
  .qti-layout-row {
    display: flex;
    flex-wrap: wrap;
    width: 100%;
    gap: 2.1276595745%;
  }

  .qti-layout-row [class*='qti-layout-col']:not(:empty) {
    box-sizing: border-box;
  }

  .qti-layout-row [class*='qti-layout-col']:empty {
    width: 0;
    overflow: hidden; /* to fully collapse if there\u2019s padding or borders */
  }

  .qti-layout-col1 {
    width: 6.3829787234%;
  }

  .qti-layout-col2 {
    width: 14.8936170213%;
  }

  .qti-layout-col3 {
    width: 23.4042553191%;
  }

  .qti-layout-col4 {
    width: 31.914893617%;
  }

  .qti-layout-col5 {
    width: 40.4255319149%;
  }

  .qti-layout-col6 {
    width: 48.9361702128%;
  }

  .qti-layout-col7 {
    width: 57.4468085106%;
  }

  .qti-layout-col8 {
    width: 65.9574468085%;
  }

  .qti-layout-col9 {
    width: 74.4680851064%;
  }

  .qti-layout-col10 {
    width: 82.9787234043%;
  }

  .qti-layout-col11 {
    width: 91.4893617021%;
  }

  .qti-layout-col12 {
    width: 100%;
  }

  .qti-layout-offset1 {
    margin-left: 8.5106382979%;
  }

  .qti-layout-offset2 {
    margin-left: 17.0212765957%;
  }

  .qti-layout-offset3 {
    margin-left: 25.5319148936%;
  }

  .qti-layout-offset4 {
    margin-left: 34.0425531915%;
  }

  .qti-layout-offset5 {
    margin-left: 42.5531914894%;
  }

  .qti-layout-offset6 {
    margin-left: 51.0638297872%;
  }

  .qti-layout-offset7 {
    margin-left: 59.5744680851%;
  }

  .qti-layout-offset8 {
    margin-left: 68.085106383%;
  }

  .qti-layout-offset9 {
    margin-left: 76.5957446809%;
  }

  .qti-layout-offset10 {
    margin-left: 85.1063829787%;
  }

  .qti-layout-offset11 {
    margin-left: 93.6170212766%;
  }

  .qti-layout-offset12 {
    margin-left: 102.1276595745%;
  }

  @media (width <= 767px) {
    [class*='qti-layout-col'] {
      width: 100%;
    }
  }
}

:root,
:host {
  /* Active colors */
  --qti-bg-active: #ffecec;
  --qti-border-active: #f86d70;

  /* Correct colors */
  --qti-correct-light: #c8e6c9;
  --qti-correct: #66bb6a;

  /** Partially correct colors */
  --qti-partially-correct-light: #fff3e0;
  --qti-partially-correct: #ffeb3b;

  /* Incorrect colors */
  --qti-incorrect-light: #ef9a9a;
  --qti-incorrect: #ef5350;

  /* Validation colors */
  --qti-validation-error-bg: #fffbeb;
  --qti-validation-text: #92400e;

  /* Gap size */
  --qti-gap-size: 1rem;

  /* Background colors */
  --qti-bg: white;
  --qti-hover-bg: #f9fafb;

  /* Light theme colors */
  --qti-light-bg-active: #f0f0f0; /* Light gray */
  --qti-light-border-active: #d0d0d0; /* Medium gray */

  /* Dark theme colors */
  --qti-dark-bg-active: #1f2937; /* Dark gray */
  --qti-dark-border-active: #64748b; /* Medium gray */

  /* Disabled colors */
  --qti-disabled-bg: #f3f4f6;
  --qti-disabled-color: #45484f;

  /* Border properties */
  --qti-border-thickness: 2px;
  --qti-border-style: solid;
  --qti-border-color: #c6cad0;
  --qti-border-radius: 0.3rem;
  --qti-drop-border-radius: calc(var(--qti-border-radius) + var(--qti-border-thickness));

  /* Focus & active states */
  --qti-focus-border-width: 5px;
  --qti-focus-color: #bddcff7e;

  /* Class-specific variables */

  /* Form elements */
  --qti-form-size: 1rem;

  /* Order buttons */
  --qti-order-size: 2rem;

  /* Generic padding for all elements */
  --qti-padding-vertical: 0.5rem; /* py-2 */
  --qti-padding-horizontal: 0.5rem; /* px-2 */

  /* Dropzones */
  --qti-dropzone-padding: 0rem;
}

/* SVG masks and backgrounds */

.chevron {
  background: url("data:image/svg+xml,%3Csvg fill='currentColor' width='22' viewBox='0 0 20 20' xmlns='http://www.w3.org/2000/svg' aria-hidden='true'%3E%3Cpath clip-rule='evenodd' fill-rule='evenodd' d='M5.23 7.21a.75.75 0 011.06.02L10 11.168l3.71-3.938a.75.75 0 111.08 1.04l-4.25 4.5a.75.75 0 01-1.08 0l-4.25-4.5a.75.75 0 01.02-1.06z'%3E%3C/path%3E%3C/svg%3E")
    no-repeat center right 6px;
}

.handle {
  background-image: radial-gradient(
    circle at center,
    rgb(0 0 0 / 10%) 0,
    rgb(0 0 0 / 20%) 2px,
    rgb(255 255 255 / 0%) 2px,
    rgb(255 255 255 / 0%) 100%
  );
  background-repeat: repeat-y;
  background-position: left center;
  background-size: 14px 8px;
}

.check-mask {
  -webkit-mask: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' fill='currentColor' width='100%' height='100%' viewBox='0 0 24 24'%3E%3Cpath d='M20.285 2l-11.285 11.567-5.286-5.011-3.714 3.716 9 8.728 15-15.285z'/%3E%3C/svg%3E");
          mask: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' fill='currentColor' width='100%' height='100%' viewBox='0 0 24 24'%3E%3Cpath d='M20.285 2l-11.285 11.567-5.286-5.011-3.714 3.716 9 8.728 15-15.285z'/%3E%3C/svg%3E");
}

/*
  Following are classes that can be applied to elements and element states, so they are not used directly
  The @apply directive is used to apply these classes to elements
*/

/* Apply .bordered to an element */

.bordered {
  border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
  outline: none;
}

/* Apply .form rules for checkbox and radiobutton */

.form {

  /* background-color: var(--qti-bg); */
  display: grid;
  place-content: center;
  width: var(--qti-form-size);
  height: var(--qti-form-size);
  border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
  outline: none;
}

/* Apply .button rules for button-like elements, such as drags and buttons */

.button {

  border-radius: var(--qti-border-radius);
  padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
  background: var(--qti-bg);
  border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
  outline: none;
}

/* Apply .select for the select dropdown element */

.select {

  border-radius: var(--qti-border-radius);
  position: relative;
  -webkit-appearance: none;
     -moz-appearance: none;
          appearance: none;
  padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
  padding-right: calc(var(--qti-padding-horizontal) + 1.5rem); /* 1.5rem for the chevron */ border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color); outline: none; background: url("data:image/svg+xml,%3Csvg fill='currentColor' width='22' viewBox='0 0 20 20' xmlns='http://www.w3.org/2000/svg' aria-hidden='true'%3E%3Cpath clip-rule='evenodd' fill-rule='evenodd' d='M5.23 7.21a.75.75 0 011.06.02L10 11.168l3.71-3.938a.75.75 0 111.08 1.04l-4.25 4.5a.75.75 0 01-1.08 0l-4.25-4.5a.75.75 0 01.02-1.06z'%3E%3C/path%3E%3C/svg%3E")
    no-repeat center right 6px;
}

/* Apply .dropdown-trigger for button trigger controls */

.dropdown-trigger {

  display: inline-flex;
  align-items: center;
  justify-content: space-between;
  gap: 0.5rem;
  border-radius: var(--qti-border-radius);
  padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
  background: var(--qti-bg);
  border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
  outline: none;
}

/* Apply .dropdown-menu for popover and listbox containers */

.dropdown-menu {
  background: var(--qti-bg);
  border-radius: var(--qti-border-radius);
  padding: 0.25rem;
  box-sizing: border-box;
  overflow: auto;
  border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
  outline: none;
}

/* Apply .dropdown-option for listbox option rows */

.dropdown-option {
  display: flex;
  align-items: center;
  width: 100%;
  min-height: 2.25rem;
  box-sizing: border-box;
  padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
  border: 0;
  border-radius: calc(var(--qti-border-radius) - 2px);
  background: transparent;
  text-align: left;
  font: inherit;
  color: inherit;
  cursor: pointer;
  white-space: nowrap;
  overflow: hidden;
  text-overflow: ellipsis;
}

/* Apply .dropdown-icon for trigger caret indicators */

.dropdown-icon {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  flex: 0 0 auto;
  transition: transform 150ms ease;
  transform-origin: 50% 50%;
  color: var(--qti-border-color);
  line-height: 1;
}

/* Apply .dropdown-icon-open for expanded trigger caret indicators */

.dropdown-icon-open {
  transform: rotate(180deg);
  color: var(--qti-border-active);
}

/* Apply .text for the input text and textarea */

.text {
  border-radius: 0;
  cursor: text;
  padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
  background: var(--qti-bg);
  border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
  outline: none;
}

/* Apply .spot for hotspot shapes */

.spot {

  width: 100%;
  height: 100%;
  background-color: transparent;
  margin: 0 !important;
  padding: 0 !important;
  border: 0 !important;
  box-sizing: border-box !important;
  border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
  outline: none;
}

/* Apply .point for circular small hotspots */

.point {

  box-sizing: border-box;
  border-radius: 100%;
  border: 1px solid white;
  background-color: black;
  opacity: 0.5;
  padding: 0;
  border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
  outline: none;
}

/* Apply .drag for draggable elements */

.drag {

  box-sizing: border-box;
  transition:
    transform 200ms ease-out,
    box-shadow 200ms ease-out,
    rotate 200ms ease-out;
  cursor: grab;
  background-color: var(--qti-bg);
  padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
  border-radius: var(--qti-border-radius);

  /* padding-left: calc(var(--qti-padding-horizontal) + 0.5rem) !important; */

  /* 1.5rem for the drag */

  border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);

  outline: none;
}

/* Apply .dragging for the dragging state of a draggable element */

.dragging {
  pointer-events: none;
  rotate: -2deg;
  box-shadow:
    0 8px 12px rgb(0 0 0 / 20%),
    0 4px 8px rgb(0 0 0 / 10%);
}

/* Apply .drop for an element where you can drop the draggable */

.drop {
  /* @apply bordered; */
  border: var(--qti-border-thickness) dashed var(--qti-border-color);
  background: url('data:image/svg+xml;utf8,<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" viewBox="0 0 20 20"><circle cx="10" cy="10" r="7" stroke="%23CCCCCC" stroke-width="1" fill="transparent" /></svg>')
    center no-repeat;
  border-radius: var(--qti-border-radius);
  position: relative;
  background-color: var(--qti-bg);
}

/* Apply .dropping for an indicator where you can drop the draggable */

.dropping {
  background-color: var(--qti-bg-active);
}

/* Apply .order for a small circular button */

.order {

  display: grid;
  place-content: center;

  /* background-color: var(--qti-bg-active); */
  box-sizing: border-box;
  border-radius: 100%;
  width: var(--qti-order-size);
  height: var(--qti-order-size);
  border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
  outline: none;
}

/* Apply .check-size for radio and checkbox size */

.check-size {
  width: calc(var(--qti-form-size) - 6px);
  height: calc(var(--qti-form-size) - 6px);
}

/* Apply .check for checkbox */

.check {
  gap: 0.5rem;
  background-color: var(--qti-bg);
  border-radius: var(--qti-border-radius);
  padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
  outline: none;
  cursor: pointer;
}

.validation-message {
  display: none;
  color: var(--qti-validation-text, #000);
  background-color: var(--qti-validation-error-bg, #fff);
  padding: 10px;
  border: 3px solid var(--qti-validation-text, #000);
  border-radius: 4px;
  margin-top: 8px;
}

/* Apply .check-radio for outer circle of the radio buttons */

.check-radio {

  border-radius: 100%;

  display: grid;

  place-content: center;

  width: var(--qti-form-size);

  height: var(--qti-form-size);

  border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);

  outline: none;
}

/* Apply .check-radio-checked for the inner checked radio */

.check-radio-checked {
  background-color: var(--qti-border-active);
  border-radius: 100%;
}

/* Apply .check-checkbox for outer square of the checkbox */

.check-checkbox {

  display: flex;
  place-items: center;
  border-radius: var(--qti-border-radius);
  display: grid;
  place-content: center;
  width: var(--qti-form-size);
  height: var(--qti-form-size);
  border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
  outline: none;
}

/* Apply .check-checkbox-checked for the inner checkmark */

.check-checkbox-checked {
  background-color: var(--qti-border-active);
  -webkit-mask: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' fill='currentColor' width='100%' height='100%' viewBox='0 0 24 24'%3E%3Cpath d='M20.285 2l-11.285 11.567-5.286-5.011-3.714 3.716 9 8.728 15-15.285z'/%3E%3C/svg%3E");
          mask: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' fill='currentColor' width='100%' height='100%' viewBox='0 0 24 24'%3E%3Cpath d='M20.285 2l-11.285 11.567-5.286-5.011-3.714 3.716 9 8.728 15-15.285z'/%3E%3C/svg%3E");
}

/* Apply .hov for hover state */

.hov {
  /* background-color: var(--qti-hover-bg); */
}

/* Apply .foc for focus state */

.foc {
  box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
}

/* Apply .act for active state */

.act {
  border-color: var(--qti-border-active);
  background-color: var(--qti-bg-active);
}

.act-bg {
  background-color: var(--qti-bg-active);
}

.act-bor {
  border-color: var(--qti-border-active);
}

/* Apply .rdo for readonly state */

.rdo {
  cursor: pointer;
  background-color: var(--qti-bg);
  outline: 0;
  border: none;
}

/* Apply .dis for disabled state */

.dis {
  cursor: not-allowed;
  background-color: var(--qti-disabled-bg);
  color: var(--qti-disabled-color);
  border-color: var(--qti-border-color);
  outline: 4px solid var(--qti-disabled-bg);
}

@layer qti-components {
  qti-choice-interaction {
    &::part(message) {
      display: none;
      color: var(--qti-validation-text, #000);
      background-color: var(--qti-validation-error-bg, #fff);
      padding: 10px;
      border: 3px solid var(--qti-validation-text, #000);
      border-radius: 4px;
      margin-top: 8px;
    }

    &.qti-input-control-hidden {
      & qti-simple-choice {
        position: relative;
        &:hover {
        }
        &:focus {
          box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
        }
        &::part(ch) {
          display: none;
        }
        &:state(--checked),
        &[aria-checked='true'] {
          border-color: var(--qti-border-active);
          background-color: var(--qti-bg-active);
        }
        &:state(readonly),
        &[aria-readonly='true'] {
          cursor: pointer;
          background-color: var(--qti-bg);
          outline: 0;
          border: none;
        }
        &:state(disabled),
        &[aria-disabled='true'] {
          cursor: not-allowed;
          background-color: var(--qti-disabled-bg);
          color: var(--qti-disabled-color);
          border-color: var(--qti-border-color);
          outline: 4px solid var(--qti-disabled-bg);
        }
        &:state(correct-response),
        &[data-correct-response='true'] {
          border: 3px solid var(--qti-correct) !important;
          padding-right: 30px;
          &::after {
            content: '\\02714';
            color: var(--qti-correct);
            position: absolute;
            top: 5px;
            right: 5px;
            font-size: 1.2em;
            font-weight: bold;
          }
        }
        border-radius: var(--qti-border-radius);
        padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
        background: var(--qti-bg);
        border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
        outline: none
      }
    }

    &:not(.qti-input-control-hidden) {
      & qti-simple-choice {
        &:not([aria-disabled='true'], [aria-readonly='true'], :state(--checked)):hover {
        }
        &:focus {
          box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
        }
        &:state(--checked),
        &[aria-checked='true'] {
          border-color: var(--qti-border-active);
          background-color: var(--qti-bg-active);
        }
        &:state(candidate-correct) {
          background-color: var(--qti-correct);
        }
        &:state(candidate-incorrect) {
          background-color: var(--qti-incorrect);
        }
        &:state(readonly),
        &[aria-readonly='true'] {
          cursor: pointer;
          background-color: var(--qti-bg);
          outline: 0;
          border: none;
        }
        &:state(disabled),
        &[aria-disabled='true'] {
          cursor: not-allowed;
          background-color: var(--qti-disabled-bg);
          color: var(--qti-disabled-color);
          border-color: var(--qti-border-color);
          outline: 4px solid var(--qti-disabled-bg);
        }
        &::part(cha) {
          width: calc(var(--qti-form-size) - 6px);
          height: calc(var(--qti-form-size) - 6px);
        }
        &:state(radio)::part(ch) {
          border-radius: 100%;
          display: grid;
          place-content: center;
          width: var(--qti-form-size);
          height: var(--qti-form-size);
          border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
          outline: none;
        }
        &:state(radio):state(--checked)::part(cha) {
          background-color: var(--qti-border-active);
          border-radius: 100%;
        }
        &:state(checkbox)::part(ch) {
          display: flex;
          place-items: center;
          border-radius: var(--qti-border-radius);
          display: grid;
          place-content: center;
          width: var(--qti-form-size);
          height: var(--qti-form-size);
          border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
          outline: none;
        }
        &:state(checkbox):state(--checked)::part(cha) {
          background-color: var(--qti-border-active);
          -webkit-mask: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' fill='currentColor' width='100%' height='100%' viewBox='0 0 24 24'%3E%3Cpath d='M20.285 2l-11.285 11.567-5.286-5.011-3.714 3.716 9 8.728 15-15.285z'/%3E%3C/svg%3E");
                  mask: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' fill='currentColor' width='100%' height='100%' viewBox='0 0 24 24'%3E%3Cpath d='M20.285 2l-11.285 11.567-5.286-5.011-3.714 3.716 9 8.728 15-15.285z'/%3E%3C/svg%3E");
        }
        gap: 0.5rem;
        background-color: var(--qti-bg);
        border-radius: var(--qti-border-radius);
        padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
        outline: none;
        cursor: pointer
      }
    }

    & qti-simple-choice {
      width: -moz-fit-content;
      width: fit-content;
      cursor: pointer;
      &:state(correct-response),
      &[data-correct-response='true'] {
        &::after {
          content: '\\02714';
          color: var(--qti-correct);
        }
      }
    }

    & qti-simple-choice > p {
      margin: 0 !important;
      padding: 0 !important;
    }
  }
}

@layer qti-components {
  qti-graphic-gap-match-interaction {
    &::part(message) {
      display: none;
      color: var(--qti-validation-text, #000);
      background-color: var(--qti-validation-error-bg, #fff);
      padding: 10px;
      border: 3px solid var(--qti-validation-text, #000);
      border-radius: 4px;
      margin-top: 8px;
    }
    position: relative;
    &.qti-selections-light {
      &:state(--dragzone-active)::part(drags) {
        background-color: var(--qti-light-bg-active);
        border-color: var(--qti-light-border-active);
      }
      &:state(--dragzone-enabled)::part(drags) {
        background-color: var(--qti-light-bg-active);
      }
    }
    &.qti-selections-dark {
      &:state(--dragzone-active)::part(drags) {
        background-color: var(--qti-dark-bg-active);
        border-color: var(--qti-dark-border-active);
      }
      &:state(--dragzone-enabled)::part(drags) {
        background-color: var(--qti-dark-bg-active);
      }
    }
    &:state(--dragzone-active)::part(drags) {
      border-color: var(--qti-border-active);
      background-color: var(--qti-bg-active);
    }
    &:state(--dragzone-enabled)::part(drags) {
      background-color: var(--qti-bg-active);
    }
    & qti-gap-img,
    qti-gap-text {
      display: flex;
      justify-content: center;
      align-items: center;
      cursor: grab;
    }
    & qti-associable-hotspot {
      display: flex;
      justify-content: center;
      align-items: center;
      border: 2px solid transparent;
      &[enabled] {
        .qti-selections-light {
          background-color: var(--qti-light-bg-active);
        }
        .qti-selections-dark {
          background-color: var(--qti-dark-bg-active);
        }
        background-color: var(--qti-bg-active)
      }
      &[active] {
        .qti-selections-light {
          background-color: var(--qti-light-bg-active);
          border-color: var(--qti-light-border-active);
        }
        .qti-selections-dark {
          background-color: var(--qti-dark-bg-active);
          border-color: var(--qti-dark-border-active);
        }
        border-color: var(--qti-border-active);
        background-color: var(--qti-bg-active)
      }
      &[disabled] {
        &:not(:empty) {
          cursor: default !important;
        }
        cursor: not-allowed;
        background-color: var(--qti-disabled-bg);
        color: var(--qti-disabled-color);
        border-color: var(--qti-border-color);
        outline: 4px solid var(--qti-disabled-bg)
      }
      &:not(:empty) {
        border-color: var(--qti-border) !important;
      }
      &:empty::after {
        padding: var(--qti-padding-md) var(--qti-padding-lg);
        content: '\\0000a0';
      }
      &:not(:empty) {
        padding: 0;
        width: auto;
      }
      &:not(:empty) > * {
        flex: 1;
        transform: rotate(0);
        box-shadow: 0 0 0 1px #e5e7eb;
      }
    }
    &.qti-selections-light qti-associable-hotspot:not(:empty) {
      background-color: var(--qti-light-bg-active) !important;
      border-color: var(--qti-light-border-active) !important;
    }
    &.qti-selections-dark qti-associable-hotspot:not(:empty) {
      background-color: var(--qti-dark-bg-active) !important;
      border-color: var(--qti-dark-border-active) !important;
    }
    & img {
      margin: 0;
      padding: 0;
    }
  }
}

@layer qti-components {
  qti-text-entry-interaction {
    &:state(candidate-correct) {
      &::part(input) {
        background-color: var(--qti-correct);
      }
    }
    &:state(candidate-partially-correct) {
      &::part(input) {
        background-color: var(--qti-partially-correct);
      }
    }
    &:state(candidate-incorrect) {
      &::part(input) {
        background-color: var(--qti-incorrect);
      }
    }
    &::part(input) {
      border-radius: 0;
      cursor: text;
      padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
      background: var(--qti-bg);
      border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
      outline: none;
    }
    &:hover {
    }
    &:focus-within {
      &::part(input) {
        box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
        border-color: var(--qti-border-active);
      }
    }
  }
}

@layer qti-components {
  qti-extended-text-interaction {
    &::part(textarea) {
      border-radius: 0;
      cursor: text;
      padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
      background: var(--qti-bg);
      border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
      outline: none;
    }
    &:hover {
    }
    &:focus-within {
      &::part(textarea) {
        box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
        border-color: var(--qti-border-active);
      }
    }
  }
}

@layer qti-components {
  qti-gap-match-interaction {
    &.qti-selections-light {
      &:state(--dragzone-active)::part(drags) {
        background-color: var(--qti-light-bg-active);
        border-color: var(--qti-light-border-active);
      }
      &:state(--dragzone-enabled)::part(drags) {
        background-color: var(--qti-light-bg-active);
      }
    }
    &.qti-selections-dark {
      &:state(--dragzone-active)::part(drags) {
        background-color: var(--qti-dark-bg-active);
        border-color: var(--qti-dark-border-active);
      }
      &:state(--dragzone-enabled)::part(drags) {
        background-color: var(--qti-dark-bg-active);
      }
    }
    &:state(--dragzone-active)::part(drags) {
      border-color: var(--qti-border-active);
      background-color: var(--qti-bg-active);
    }
    &:state(--dragzone-enabled)::part(drags) {
      background-color: var(--qti-bg-active);
    }
    & qti-gap-text {
      &[dragging] {
        pointer-events: none;
        rotate: -2deg;
        box-shadow: 0 8px 12px rgb(0 0 0 / 20%),
    0 4px 8px rgb(0 0 0 / 10%);
      }
      &:hover {
      }
      &:focus {
        box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
      }
      &:state(candidate-correct) {
        background-color: var(--qti-correct);
      }
      &:state(candidate-incorrect) {
        background-color: var(--qti-incorrect);
      }
      box-sizing: border-box;
      transition: transform 200ms ease-out,
    box-shadow 200ms ease-out,
    rotate 200ms ease-out;
      cursor: grab;
      background-color: var(--qti-bg);
      padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
      border-radius: var(--qti-border-radius);
      border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
      outline: none
    }
    & qti-gap {
      &[disabled] {
        &:not(:empty) {
          cursor: default !important;
        }
        cursor: not-allowed;
        background-color: var(--qti-disabled-bg);
        color: var(--qti-disabled-color);
        border-color: var(--qti-border-color);
        outline: 4px solid var(--qti-disabled-bg)
      }
      &[enabled] {
        .qti-selections-light {
          border-color: var(--qti-light-border-active);
        }
        .qti-selections-dark {
          border-color: var(--qti-dark-border-active);
        }
        background-color: var(--qti-bg-active)
      }
      &[active] {
        .qti-selections-light {
          background-color: var(--qti-light-bg-active);
          border-color: var(--qti-light-border-active);
        }
        .qti-selections-dark {
          background-color: var(--qti-dark-bg-active);
          border-color: var(--qti-dark-border-active);
        }
        border-color: var(--qti-border-active);
        background-color: var(--qti-bg-active)
      }
      display: inline-flex;
      align-items: center;
      vertical-align: middle;
      &:empty::after {
        padding: var(--qti-padding-md) var(--qti-padding-lg);
        content: '\\0000a0';
      }
      &:not(:empty) {
        display: inline-flex;
        padding: 0;
        width: auto;
      }
      &:not(:empty) > * {
        flex: 1;
        transform: rotate(0);
        box-shadow: 0 0 0 1px #e5e7eb;
      }
      border: var(--qti-border-thickness) dashed var(--qti-border-color);
      background: url('data:image/svg+xml;utf8,<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" viewBox="0 0 20 20"><circle cx="10" cy="10" r="7" stroke="%23CCCCCC" stroke-width="1" fill="transparent" /></svg>')
    center no-repeat;
      border-radius: var(--qti-border-radius);
      position: relative;
      background-color: var(--qti-bg)
    }
  }
}

@layer qti-components {
  qti-hotspot-interaction {
    & qti-hotspot-choice {
      &[shape='circle'] {
        &:hover {
        }
        &:focus {
          box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
        }
        &:state(--checked),
        &[aria-checked='true'] {
          border-color: var(--qti-border-active);
        }
        &:state(--readonly),
        &[aria-readonly='true'] {
          cursor: pointer;
          background-color: var(--qti-bg);
          outline: 0;
          border: none;
        }
        &:state(--disabled),
        &[aria-disabled='true'] {
          cursor: not-allowed;
          background-color: var(--qti-disabled-bg);
          color: var(--qti-disabled-color);
          border-color: var(--qti-border-color);
          outline: 4px solid var(--qti-disabled-bg);
        }
        width: 100%;
        height: 100%;
        background-color: transparent;
        margin: 0;
        padding: 0;
        border: 0;
        box-sizing: border-box;
        border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
        outline: none
      }
      &[shape='rect'] {
        &:focus {
          box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
        }
        &:state(--checked),
        &[aria-checked='true'] {
          border-color: var(--qti-border-active);
        }
        &[aria-readonly='true'] {
          cursor: pointer;
          background-color: var(--qti-bg);
          outline: 0;
          border: none;
        }
        &[aria-disabled='true'] {
          cursor: not-allowed;
          background-color: var(--qti-disabled-bg);
          color: var(--qti-disabled-color);
          border-color: var(--qti-border-color);
          outline: 4px solid var(--qti-disabled-bg);
        }
        width: 100%;
        height: 100%;
        background-color: transparent;
        margin: 0;
        padding: 0;
        border: 0;
        box-sizing: border-box;
        border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
        outline: none
      }
      &[shape='poly'] {
        &:hover::after {
          content: '';
          width: 100%;
          height: 100%;
          background: repeating-linear-gradient(
            45deg,
            var(--qti-border-active),
            var(--qti-border-active) 5px,
            transparent 5px,
            transparent 10px
          );
          display: block;
        }
        &:state(--checked)::after,
        &[aria-checked='true']::after {
          content: '';
          width: 100%;
          height: 100%;
          background: repeating-linear-gradient(
            45deg,
            transparent,
            transparent 5px,
            var(--qti-border-active) 5px,
            var(--qti-border-active) 10px
          );
          display: block;
        }
        &[aria-readonly='true'] {
          cursor: pointer;
          background-color: var(--qti-bg);
          outline: 0;
          border: none;
        }
        &[aria-disabled='true'] {
          cursor: not-allowed;
          background-color: var(--qti-disabled-bg);
          color: var(--qti-disabled-color);
          border-color: var(--qti-border-color);
          outline: 4px solid var(--qti-disabled-bg);
        }
      }
    }
  }
}

@layer qti-components {
  qti-hottext-interaction {
    &::part(message) {
      display: none;
      color: var(--qti-validation-text, #000);
      background-color: var(--qti-validation-error-bg, #fff);
      padding: 10px;
      border: 3px solid var(--qti-validation-text, #000);
      border-radius: 4px;
      margin-top: 8px;
    }
    qti-hottext {
      display: inline-flex;
      align-items: center;
      &:hover {
      }
      &:focus {
        box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
      }
      &::part(cha) {
        width: calc(var(--qti-form-size) - 6px);
        height: calc(var(--qti-form-size) - 6px);
      }
      &:state(radio)::part(ch) {
        border-radius: 100%;
        display: grid;
        place-content: center;
        width: var(--qti-form-size);
        height: var(--qti-form-size);
        border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
        outline: none;
      }
      &:state(radio):state(--checked)::part(cha) {
        background-color: var(--qti-border-active);
        border-radius: 100%;
      }
      &:state(checkbox)::part(ch) {
        display: flex;
        place-items: center;
        border-radius: var(--qti-border-radius);
        display: grid;
        place-content: center;
        width: var(--qti-form-size);
        height: var(--qti-form-size);
        border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
        outline: none;
      }
      &:state(checkbox):state(--checked)::part(cha) {
        background-color: var(--qti-border-active);
        -webkit-mask: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' fill='currentColor' width='100%' height='100%' viewBox='0 0 24 24'%3E%3Cpath d='M20.285 2l-11.285 11.567-5.286-5.011-3.714 3.716 9 8.728 15-15.285z'/%3E%3C/svg%3E");
                mask: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' fill='currentColor' width='100%' height='100%' viewBox='0 0 24 24'%3E%3Cpath d='M20.285 2l-11.285 11.567-5.286-5.011-3.714 3.716 9 8.728 15-15.285z'/%3E%3C/svg%3E");
      }
      &:state(correct-response),
      &[data-correct-response='true'] {
        &::after {
          content: '\\02714';
          color: #16a34a;
        }
      }
      gap: 0.5rem;
      background-color: var(--qti-bg);
      border-radius: var(--qti-border-radius);
      padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
      outline: none;
      cursor: pointer
    }
    &.qti-input-control-hidden {
      qti-hottext {
        &:hover {
        }
        &:focus {
          box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
        }
        &::part(ch) {
          display: none;
        }
        &:state(--checked) {
          border-color: var(--qti-border-active);
          background-color: var(--qti-bg-active);
        }
        &[aria-readonly='true'] {
          cursor: pointer;
          background-color: var(--qti-bg);
          outline: 0;
          border: none;
        }
        &[aria-disabled='true'] {
          cursor: not-allowed;
          background-color: var(--qti-disabled-bg);
          color: var(--qti-disabled-color);
          border-color: var(--qti-border-color);
          outline: 4px solid var(--qti-disabled-bg);
        }
        border-radius: var(--qti-border-radius);
        padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
        background: var(--qti-bg);
        border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
        outline: none
      }
    }
    &.qti-unselected-hidden {
      qti-hottext {
        &:hover {
        }
        &:focus {
          box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
        }
        cursor: pointer;
        &::part(ch) {
          display: none;
        }
        &:state(--checked) {
          background-color: var(--qti-bg-active);
        }
        &[aria-readonly='true'] {
          cursor: pointer;
          background-color: var(--qti-bg);
          outline: 0;
          border: none;
        }
        &[aria-disabled='true'] {
          cursor: not-allowed;
          background-color: var(--qti-disabled-bg);
          color: var(--qti-disabled-color);
          border-color: var(--qti-border-color);
          outline: 4px solid var(--qti-disabled-bg);
        }
      }
    }
  }
}

@layer qti-components {
  qti-inline-choice-interaction {
    &:state(candidate-correct) {
      &::part(trigger) {
        background-color: var(--qti-correct);
      }
    }
    &:state(candidate-incorrect) {
      &::part(trigger) {
        background-color: var(--qti-incorrect);
      }
    }
    &::part(trigger) {
      font-size: inherit;
      vertical-align: baseline;
      min-width: var(--qti-calculated-min-width, auto);
      &:focus-visible {
        box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
      }
      display: inline-flex;
      align-items: center;
      justify-content: space-between;
      gap: 0.5rem;
      border-radius: var(--qti-border-radius);
      padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
      background: var(--qti-bg);
      border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
      outline: none
    }
    &:not(:state(readonly)):not([readonly])::part(trigger):hover {
    }
    &:state(disabled)::part(trigger),
    &[disabled]::part(trigger) {
      cursor: not-allowed;
      background-color: var(--qti-disabled-bg);
      color: var(--qti-disabled-color);
      border-color: var(--qti-border-color);
      outline: 4px solid var(--qti-disabled-bg);
    }
    &:state(readonly)::part(trigger),
    &[readonly]::part(trigger) {
      cursor: pointer;
      background-color: var(--qti-bg);
      outline: 0;
      border: none;
      cursor: not-allowed;
      background-color: var(--qti-disabled-bg);
      color: var(--qti-disabled-color);
      border-color: var(--qti-border-color);
      outline: 4px solid var(--qti-disabled-bg);
    }
    &::part(dropdown-icon) {
      font-size: 1.75em;
      display: inline-flex;
      align-items: center;
      justify-content: center;
      flex: 0 0 auto;
      transition: transform 150ms ease;
      transform-origin: 50% 50%;
      color: var(--qti-border-color);
      line-height: 1;
    }
    &::part(dropdown-icon-open) {
      transform: rotate(180deg);
      color: var(--qti-border-active);
    }
    &::part(menu) {
      background: var(--qti-bg);
      border-radius: var(--qti-border-radius);
      padding: 0.25rem;
      box-sizing: border-box;
      overflow: auto;
      border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
      outline: none;
    }
    &::part(option) {
      display: flex;
      align-items: center;
      width: 100%;
      min-height: 2.25rem;
      box-sizing: border-box;
      padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
      border: 0;
      border-radius: calc(var(--qti-border-radius) - 2px);
      background: transparent;
      text-align: left;
      font: inherit;
      color: inherit;
      cursor: pointer;
      white-space: nowrap;
      overflow: hidden;
      text-overflow: ellipsis;
    }
    &::part(option):hover {
    }
    &::part(option):focus-visible {
      box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
    }
    &::part(option-selected) {
      background-color: var(--qti-bg-active);
    }
    & qti-inline-choice {
      display: flex;
      align-items: center;
      width: 100%;
      min-height: 2.25rem;
      box-sizing: border-box;
      padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
      border: 0;
      border-radius: calc(var(--qti-border-radius) - 2px);
      background: transparent;
      text-align: left;
      font: inherit;
      color: inherit;
      cursor: pointer;
      white-space: nowrap;
      overflow: hidden;
      text-overflow: ellipsis;
    }
    & qti-inline-choice:hover {
    }
    & qti-inline-choice:focus-visible {
      box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
    }
    & qti-inline-choice:state(--checked) {
      background-color: var(--qti-bg-active);
    }
  }
}

@layer qti-components {
  qti-match-interaction.qti-match-tabular {
    &::part(message) {
      display: none;
      color: var(--qti-validation-text, #000);
      background-color: var(--qti-validation-error-bg, #fff);
      padding: 10px;
      border: 3px solid var(--qti-validation-text, #000);
      border-radius: 4px;
      margin-top: 8px;
    }
    &::part(table) {
      border-collapse: collapse;
      width: 100%;
    }
    &::part(r-header) {
      background-color: var(--qti-bg-active, #f8f8f8);
      font-weight: 500;
      text-align: center;
      padding: 8px 15px;
      border: 1px solid #ddd;
      width: auto;
      word-wrap: break-word;
      white-space: wrap;
      min-width: 4rem;
    }
    &::part(c-header) {
      background-color: var(--qti-bg-active, #f8f8f8);
      font-weight: 500;
      text-align: left;
      padding: 8px;
      border: 1px solid #ddd;
      width: 8rem;
      white-space: normal;
    }
    &::part(row) {
      border-bottom: 1px solid #ddd;
    }
    &::part(input-cell) {
      text-align: center;
      vertical-align: middle;
      height: 48px;
      border: 1px solid #ddd;
      padding: 8px;
      width: 1%;
    }
    &::part(rb) {
      -webkit-appearance: none;
         -moz-appearance: none;
              appearance: none;
      width: 24px;
      height: 24px;
      border-radius: 50%;
      border: 2px solid var(--qti-border-active, #2196f3);
      background-color: transparent !important;
      margin: 0 auto;
      cursor: pointer;
      display: block;
    }
    &::part(rb-checked) {
      box-shadow: inset 0 0 0 6px var(--qti-border-active, #2196f3);
    }
    &::part(cb) {
      -webkit-appearance: none;
         -moz-appearance: none;
              appearance: none;
      width: 24px;
      height: 24px;
      border-radius: 3px;
      border: 2px solid var(--qti-border-active, #2196f3);
      background-color: transparent !important;
      margin: 0 auto;
      cursor: pointer;
      display: block;
    }
    &::part(cb-checked) {
      background-color: var(--qti-border-active, #2196f3) !important;
    }
    &::part(checkmark) {
      position: absolute;
      width: 18px;
      height: 18px;
      top: 3px;
      left: 3px;
      pointer-events: none;
    }
    &::part(rb-correct) {
      border-color: var(--qti-correct, #4caf50);
    }
    &::part(rb-checked rb-correct) {
      box-shadow: inset 0 0 0 6px var(--qti-correct, #4caf50);
    }
    &::part(cb-correct) {
      border-color: var(--qti-correct, #4caf50);
    }
    &::part(cb-checked cb-correct) {
      background-color: var(--qti-correct, #4caf50) !important;
    }
    &::part(rb-incorrect) {
      border-color: var(--qti-incorrect, #f44336);
    }
    &::part(rb-checked rb-incorrect) {
      box-shadow: inset 0 0 0 6px var(--qti-incorrect, #f44336);
    }
    &::part(cb-incorrect) {
      border-color: var(--qti-incorrect, #f44336);
    }
    &::part(cb-checked cb-incorrect) {
      background-color: var(--qti-incorrect, #f44336) !important;
    }
  }
  qti-match-interaction:not(.qti-match-tabular) {
    &:state(--dragzone-enabled) qti-simple-match-set:first-of-type {
      background-color: var(--qti-bg-active);
    }
    &:state(--dragzone-active) qti-simple-match-set:first-of-type {
      border-color: var(--qti-border-active);
      background-color: var(--qti-bg-active);
    }
    & qti-simple-match-set:first-of-type {
      display: flex;
      flex-wrap: wrap;
      align-items: flex-start;
      gap: var(--qti-gap-size);
      border: 2px solid transparent;
      & qti-simple-associable-choice {
        &[dragging] {
          pointer-events: none;
          rotate: -2deg;
          box-shadow: 0 8px 12px rgb(0 0 0 / 20%),
    0 4px 8px rgb(0 0 0 / 10%);
        }
        &:hover {
        }
        &:focus {
          box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
        }
        box-sizing: border-box;
        transition: transform 200ms ease-out,
    box-shadow 200ms ease-out,
    rotate 200ms ease-out;
        cursor: grab;
        background-color: var(--qti-bg);
        padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
        border-radius: var(--qti-border-radius);
        border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
        outline: none
      }
    }
    & qti-simple-match-set:last-of-type {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
      grid-auto-flow: unset;
      grid-auto-columns: unset;
      gap: var(--qti-gap-size);
      & > qti-simple-associable-choice {
        display: flex;
        flex-direction: column;
        justify-content: space-between;
        grid-row: unset;
        box-sizing: border-box;
        & img {
          max-width: 100%;
          height: auto;
        }
        &[enabled] {
          &::part(dropslot) {
            background-color: var(--qti-bg-active);
          }
        }
        &[disabled] {
          &::part(dropslot) {
            cursor: not-allowed;
            background-color: var(--qti-disabled-bg);
            color: var(--qti-disabled-color);
            border-color: var(--qti-border-color);
            outline: 4px solid var(--qti-disabled-bg);
          }
        }
        &[active] {
          &::part(dropslot) {
            border-color: var(--qti-border-active);
            background-color: var(--qti-bg-active);
          }
        }
        &::part(dropslot) {
          &[dragging] {
            pointer-events: none;
            rotate: -2deg;
            box-shadow: 0 8px 12px rgb(0 0 0 / 20%),
    0 4px 8px rgb(0 0 0 / 10%);
          }
          &:focus {
            box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
          }
          padding: var(--qti-dropzone-padding);
          margin-top: 0.5rem;
          gap: 0.5rem;
          display: flex;
          flex-wrap: wrap;
          justify-content: center;
          align-items: center;
          border: var(--qti-border-thickness) dashed var(--qti-border-color);
          background: url('data:image/svg+xml;utf8,<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" viewBox="0 0 20 20"><circle cx="10" cy="10" r="7" stroke="%23CCCCCC" stroke-width="1" fill="transparent" /></svg>')
    center no-repeat;
          border-radius: var(--qti-border-radius);
          position: relative;
          background-color: var(--qti-bg);
        }
        & > *:not(qti-simple-associable-choice) {
          pointer-events: none;
        }
        & > qti-simple-associable-choice {
          &:state(candidate-correct) {
            background-color: var(--qti-correct);
          }
          &:state(candidate-incorrect) {
            background-color: var(--qti-incorrect);
          }
          &::part(dropslot) {
            display: none;
          }
          &:hover {
          }
          &:focus {
            box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
          }
          flex-basis: fit-content;
          box-sizing: border-box;
          transition: transform 200ms ease-out,
    box-shadow 200ms ease-out,
    rotate 200ms ease-out;
          cursor: grab;
          background-color: var(--qti-bg);
          padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
          border-radius: var(--qti-border-radius);
          border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
          outline: none;
        }
      }
    }
  }
}

@layer qti-components {
  qti-order-interaction {
    &:state(--dragzone-active)::part(drags) {
      border-color: var(--qti-border-active);
      background-color: var(--qti-bg-active);
    }
    &:state(--dragzone-enabled)::part(drags) {
      background-color: var(--qti-bg-active);
    }
    &::part(qti-simple-choice),
    & qti-simple-choice {
      &[dragging] {
        pointer-events: none;
        rotate: -2deg;
        box-shadow: 0 8px 12px rgb(0 0 0 / 20%),
    0 4px 8px rgb(0 0 0 / 10%);
      }
      &:hover {
      }
      &:focus {
        box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
      }
      box-sizing: border-box;
      transition: transform 200ms ease-out,
    box-shadow 200ms ease-out,
    rotate 200ms ease-out;
      cursor: grab;
      background-color: var(--qti-bg);
      padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
      border-radius: var(--qti-border-radius);
      border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
      outline: none
    }
    &::part(qti-simple-choice) {
      display: flex;
      overflow: hidden;
      align-items: center;
      width: 100%;
      text-overflow: ellipsis;
    }
    &::part(drops) {
      gap: 0.5rem;
    }
    &::part(drags) {
      gap: 0.5rem;
    }
    &::part(drop-list) {
      &[enabled] {
        .qti-selections-light {
          border-color: var(--qti-light-border-active);
        }
        .qti-selections-dark {
          border-color: var(--qti-dark-border-active);
        }
        background-color: var(--qti-bg-active)
      }
      &:hover {
      }
      &:focus {
        box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
      }
      display: flex;
      min-height: 4rem;
      border: var(--qti-border-thickness) dashed var(--qti-border-color);
      background: url('data:image/svg+xml;utf8,<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" viewBox="0 0 20 20"><circle cx="10" cy="10" r="7" stroke="%23CCCCCC" stroke-width="1" fill="transparent" /></svg>')
    center no-repeat;
      border-radius: var(--qti-border-radius);
      position: relative;
      background-color: var(--qti-bg);
    }
    &::part(active) {
      border-color: var(--qti-border-active);
      background-color: var(--qti-bg-active);
    }
    & drop-list {
      &[shape='circle'] {
        &:hover {
        }
        &:focus {
          box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
        }
        &[aria-checked='true'] {
          border-color: var(--qti-border-active);
          background-color: var(--qti-bg-active);
        }
        &[aria-readonly='true'] {
          cursor: pointer;
          background-color: var(--qti-bg);
          outline: 0;
          border: none;
        }
        &[aria-disabled='true'] {
          cursor: not-allowed;
          background-color: var(--qti-disabled-bg);
          color: var(--qti-disabled-color);
          border-color: var(--qti-border-color);
          outline: 4px solid var(--qti-disabled-bg);
        }
        width: 100%;
        height: 100%;
        background-color: transparent;
        margin: 0;
        padding: 0;
        border: 0;
        box-sizing: border-box;
        border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
        outline: none
      }
      &[shape='square'] {
        &:hover {
        }
        &:focus {
          box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
        }
        &[aria-checked='true'] {
          border-color: var(--qti-border-active);
          background-color: var(--qti-bg-active);
        }
        &[aria-readonly='true'] {
          cursor: pointer;
          background-color: var(--qti-bg);
          outline: 0;
          border: none;
        }
        &[aria-disabled='true'] {
          cursor: not-allowed;
          background-color: var(--qti-disabled-bg);
          color: var(--qti-disabled-color);
          border-color: var(--qti-border-color);
          outline: 4px solid var(--qti-disabled-bg);
        }
        width: 100%;
        height: 100%;
        background-color: transparent;
        margin: 0;
        padding: 0;
        border: 0;
        box-sizing: border-box;
        border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
        outline: none
      }
    }
  }
}

@layer qti-components {
  qti-associate-interaction {
    &::part(message) {
      display: none;
      color: var(--qti-validation-text, #000);
      background-color: var(--qti-validation-error-bg, #fff);
      padding: 10px;
      border: 3px solid var(--qti-validation-text, #000);
      border-radius: 4px;
      margin-top: 8px;
    }
    &:state(--dragzone-active) slot[name='qti-simple-associable-choice'] {
      border-color: var(--qti-border-active);
      background-color: var(--qti-bg-active);
    }
    &:state(--dragzone-enabled) slot[name='qti-simple-associable-choice'] {
      background-color: var(--qti-bg-active);
    }
    & qti-simple-associable-choice,
    &::part(qti-simple-associable-choice) {
      &:hover {
      }
      &:focus {
        box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
      }
      &[dragging] {
        pointer-events: none;
        rotate: -2deg;
        box-shadow: 0 8px 12px rgb(0 0 0 / 20%),
    0 4px 8px rgb(0 0 0 / 10%);
      }
      box-sizing: border-box;
      transition: transform 200ms ease-out,
    box-shadow 200ms ease-out,
    rotate 200ms ease-out;
      cursor: grab;
      background-color: var(--qti-bg);
      padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
      border-radius: var(--qti-border-radius);
      border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
      outline: none
    }
    &::part(drop-list) {
      display: grid;
      height: 3rem;
      min-width: 10rem;
      border: var(--qti-border-thickness) dashed var(--qti-border-color);
      background: url('data:image/svg+xml;utf8,<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" viewBox="0 0 20 20"><circle cx="10" cy="10" r="7" stroke="%23CCCCCC" stroke-width="1" fill="transparent" /></svg>')
    center no-repeat;
      border-radius: var(--qti-border-radius);
      position: relative;
      background-color: var(--qti-bg);
    }
    &::part(drop-list):focus {
      box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
    }
    &::part(drop-list)[dragging] {
      border-color: var(--qti-border-active);
      background-color: var(--qti-bg-active);
    }
  }
}

@layer qti-components {
  qti-graphic-order-interaction {
    &::part(message) {
      display: none;
      color: var(--qti-validation-text, #000);
      background-color: var(--qti-validation-error-bg, #fff);
      padding: 10px;
      border: 3px solid var(--qti-validation-text, #000);
      border-radius: 4px;
      margin-top: 8px;
    }
    & qti-hotspot-choice {
      width: 100%;
      height: 100%;
      background-color: rgb(128 128 128 / 30%);
      padding: 0;
      &:hover {
        background-color: rgb(128 128 128 / 70%);
      }
      &:focus {
        background-color: rgb(128 128 128 / 70%);
      }
      &:state(--checked),
      &[aria-checked='true'] {
        background-color: rgb(128 128 128 / 70%);
      }
      &[aria-readonly='true'] {
        cursor: pointer;
        background-color: var(--qti-bg);
        outline: 0;
        border: none;
      }
      &[aria-disabled='true'] {
        cursor: not-allowed;
        background-color: var(--qti-disabled-bg);
        color: var(--qti-disabled-color);
        border-color: var(--qti-border-color);
        outline: 4px solid var(--qti-disabled-bg);
      }
      &[aria-ordervalue] {
        display: grid;
        place-content: center;
      }
      &[aria-ordervalue]::after {
        content: attr(aria-ordervalue) !important;
      }
      &[aria-ordercorrectvalue] {
        display: grid;
        place-content: center;
      }
      &[aria-ordercorrectvalue][aria-ordervalue]::after {
        content: 'C=' attr(aria-ordercorrectvalue) '  R=' attr(aria-ordervalue) !important;
        color: var(--qti-correct);
      }
      &[aria-ordercorrectvalue]:not([aria-ordervalue])::after {
        content: 'C=' attr(aria-ordercorrectvalue) !important;
        color: var(--qti-correct);
      }
    }
    &.qti-selections-light {
      &:state(--dragzone-active)::part(drags) {
        background-color: var(--qti-light-bg-active);
        border-color: var(--qti-light-border-active);
      }
      &:state(--dragzone-enabled)::part(drags) {
        background-color: var(--qti-light-bg-active);
      }
    }
    &.qti-selections-dark {
      &:state(--dragzone-active)::part(drags) {
        background-color: var(--qti-dark-bg-active);
        border-color: var(--qti-dark-border-active);
      }
      &:state(--dragzone-enabled)::part(drags) {
        background-color: var(--qti-dark-bg-active);
      }
    }
    &:state(--dragzone-active)::part(drags) {
      border-color: var(--qti-border-active);
      background-color: var(--qti-bg-active);
    }
    &:state(--dragzone-enabled)::part(drags) {
      background-color: var(--qti-bg-active);
    }
  }
}

@layer qti-components {
  qti-graphic-associate-interaction {
    &::part(message) {
      display: none;
      color: var(--qti-validation-text, #000);
      background-color: var(--qti-validation-error-bg, #fff);
      padding: 10px;
      border: 3px solid var(--qti-validation-text, #000);
      border-radius: 4px;
      margin-top: 8px;
    }
    position: relative;
    display: block;
    & qti-associable-hotspot {
      &[shape='circle'] {
        &:hover {
        }
        &:focus {
          box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
        }
        &[aria-checked='true'] {
          border-color: var(--qti-border-active);
          background-color: var(--qti-bg-active);
        }
        &[aria-readonly='true'] {
          cursor: pointer;
          background-color: var(--qti-bg);
          outline: 0;
          border: none;
        }
        &[aria-disabled='true'] {
          cursor: not-allowed;
          background-color: var(--qti-disabled-bg);
          color: var(--qti-disabled-color);
          border-color: var(--qti-border-color);
          outline: 4px solid var(--qti-disabled-bg);
        }
        width: 100%;
        height: 100%;
        background-color: transparent;
        margin: 0;
        padding: 0;
        border: 0;
        box-sizing: border-box;
        border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
        outline: none
      }
      &[shape='square'] {
        &:hover {
        }
        &:focus {
          box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
        }
        &[aria-checked='true'] {
          border-color: var(--qti-border-active);
          background-color: var(--qti-bg-active);
        }
        &[aria-readonly='true'] {
          cursor: pointer;
          background-color: var(--qti-bg);
          outline: 0;
          border: none;
        }
        &[aria-disabled='true'] {
          cursor: not-allowed;
          background-color: var(--qti-disabled-bg);
          color: var(--qti-disabled-color);
          border-color: var(--qti-border-color);
          outline: 4px solid var(--qti-disabled-bg);
        }
        width: 100%;
        height: 100%;
        background-color: transparent;
        margin: 0;
        padding: 0;
        border: 0;
        box-sizing: border-box;
        border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
        outline: none
      }
    }
    &.qti-selections-light {
      &:state(--dragzone-active)::part(drags) {
        background-color: var(--qti-light-bg-active);
        border-color: var(--qti-light-border-active);
      }
      &:state(--dragzone-enabled)::part(drags) {
        background-color: var(--qti-light-bg-active);
      }
    }
    &.qti-selections-dark {
      &:state(--dragzone-active)::part(drags) {
        background-color: var(--qti-dark-bg-active);
        border-color: var(--qti-dark-border-active);
      }
      &:state(--dragzone-enabled)::part(drags) {
        background-color: var(--qti-dark-bg-active);
      }
    }
    &:state(--dragzone-active)::part(drags) {
      border-color: var(--qti-border-active);
      background-color: var(--qti-bg-active);
    }
    &:state(--dragzone-enabled)::part(drags) {
      background-color: var(--qti-bg-active);
    }
  }
}

@layer qti-components {
  qti-slider-interaction {
    --qti-tick-color: rgb(229 231 235 / 100%);
    --qti-tick-width: 1px;
  }
}

@layer qti-components {
  qti-select-point-interaction {
    &::part(point) {
      &:hover {
      }
      &:focus {
        box-shadow: 0 0 0 var(--qti-focus-border-width) var(--qti-focus-color);
      }
      box-sizing: border-box;
      border-radius: 100%;
      border: 1px solid white;
      background-color: black;
      opacity: 0.5;
      padding: 0;
      border: var(--qti-border-thickness) var(--qti-border-style) var(--qti-border-color);
      outline: none;
    }
    &::part(correct) {
      background-color: var(--qti-correct);
    }
    &::part(incorrect) {
      background-color: var(--qti-incorrect);
    }
  }
}

@layer qti-components {
  qti-position-object-stage {
    & qti-position-object-interaction {
      /* no styles necessary, only layout styles, defined in the component */
    }
  }
}

@layer qti-components {
  qti-prompt {
    margin: 0.5rem 0;
    display: block;
    width: 100%;
  }
}

[view],
qti-outcome-declaration,
qti-response-declaration {
  display: none;
}

[view].show {
  display: block;
}

:host {
  box-sizing: border-box;
}

qti-test-part:not(:has(qti-assessment-item)),
qti-assessment-section:not(:has(qti-assessment-item)),
qti-assessment-item-ref:not(:has(qti-assessment-item)) {
  display: none;
}

div.full-correct-response {
  border: 1px solid #39a7c0;
  background-color: #d9e8ee;
}

div.full-correct-response-block {
  display: block;
  margin-top: var(--qti-padding-vertical);
  padding: 0.5rem;
}

div.full-correct-response-inline {
  display: inline-block;
  margin-left: var(--qti-padding-horizontal);
  margin-right: var(--qti-padding-horizontal);
  padding: 0.2rem;
}
`;var Ai,gr,cc,dc,Qe=class extends C{constructor(){super(...arguments);L(this,gr);this.testURL=null;this.testDoc=null;this.testXML=null;L(this,Ai,null)}async handleTestURLChange(){if(this.testURL)try{let e=await rr().load(this.testURL),t=this.closest("qti-test");if(t?.postLoadTestTransformCallback){let n=e.htmlDoc().querySelector("qti-assessment-test");n&&(e=await t.postLoadTestTransformCallback(e,n))}this.testDoc=e.htmlDoc()}catch(e){console.error("Error loading or parsing XML:",e)}}handleTestXMLChange(){if(this.testXML)try{this.testDoc=rr().parse(this.testXML).htmlDoc()}catch(e){console.error("Error parsing XML:",e)}}async connectedCallback(){super.connectedCallback(),P(this,gr,cc).call(this),P(this,gr,dc).call(this),this.testURL&&this.handleTestURLChange(),this.testXML&&this.handleTestXMLChange()}render(){return x`
      ${I(this,Ai)}
      <slot></slot>
      ${Bn(this.testDoc,x`<span>Loading...</span>`)}
    `}};Ai=new WeakMap,gr=new WeakSet,cc=function(){let e=this.querySelector("template");U(this,Ai,e?e.content:x``)},dc=function(){let e=new CSSStyleSheet;e.replaceSync(zn),this.shadowRoot.adoptedStyleSheets=[e]},d([g({type:String,attribute:"test-url"})],Qe.prototype,"testURL",2),d([M()],Qe.prototype,"testDoc",2),d([M()],Qe.prototype,"testXML",2),d([B("testURL",{waitUntilFirstUpdate:!0})],Qe.prototype,"handleTestURLChange",1),d([B("testXML",{waitUntilFirstUpdate:!0})],Qe.prototype,"handleTestXMLChange",1),Qe=d([k("test-container")],Qe);var br=class extends C{render(){let r=this.computedContext?.testParts.flatMap(n=>n.sections.flatMap(o=>o.items)).find(n=>n.active);if(!r||!r.variables)return x``;let e=r.variables.filter(n=>n.type==="response"),t=r.variables.filter(n=>n.type==="outcome"),i=(n,o)=>x`
      <h3>${o}</h3>
      <table>
        <thead>
          <tr>
            <th>Identifier</th>
            <th>Value</th>
            <th>Cardinality</th>
            <th>Base Type</th>
            <th>Correct Response / Mappings</th>
          </tr>
        </thead>
        <tbody>
          ${n.map(a=>{let l=a.correctResponse?Array.isArray(a.correctResponse)?a.correctResponse.join(", "):a.correctResponse:"",c=a.mapping?.mapEntries?.map(u=>`${u.mapKey}=${u.mappedValue}pt`).join(", ")||"",p=a.areaMapping?.areaMapEntries?.map(u=>`${u.shape}(${u.coords})=${u.mappedValue}pt`).join(", ")||"";return x`
              <tr>
                <td>${a.identifier}</td>
                <td>${Array.isArray(a.value)?a.value.join(", "):a.value}</td>
                <td>${a.cardinality}</td>
                <td>${a.baseType}</td>
                <td>${l||c||p}</td>
              </tr>
            `})}
        </tbody>
      </table>
    `;return x`
      ${i(e,"Response Variables")} ${i(t,"Outcome Variables")}
    `}};br.styles=E`
    table {
      width: 100%;
      border-collapse: collapse;
      margin: 20px 0;
      font-size: 14px;
      text-align: left;
    }
    th,
    td {
      border: 1px solid #ddd;
      padding: 8px;
    }
    th {
      background-color: #f4f4f4;
      font-weight: bold;
    }
    h3 {
      margin-top: 20px;
      font-size: 16px;
    }
  `,d([$({context:G,subscribe:!0})],br.prototype,"computedContext",2),br=d([k("test-print-item-variables")],br);var Ii,Ti=class extends C{constructor(){super();L(this,Ii);U(this,Ii,this.attachInternals()),I(this,Ii).ariaLabel="pagination"}createRenderRoot(){return this}connectedCallback(){super.connectedCallback();let e=this.querySelector("template");this.myTemplate=Oe(e)}render(){if(!this.computedContext)return x``;let e=this.computedContext.testParts.flatMap(t=>t.sections);return x` ${e.map(t=>this.myTemplate({item:t}))} `}};Ii=new WeakMap,d([$({context:G,subscribe:!0})],Ti.prototype,"computedContext",2),Ti=d([k("test-section-buttons-stamp")],Ti);var jn,pc,vr=class extends C{constructor(){super();L(this,jn);this.sectionId=null;this.addEventListener("click",()=>P(this,jn,pc).call(this,this.sectionId))}render(){return x` <slot></slot> `}};jn=new WeakSet,pc=function(e){this.dispatchEvent(new CustomEvent("qti-request-navigation",{composed:!0,bubbles:!0,detail:{type:"section",id:e}}))},vr.styles=E`
    :host {
      ${ie};
    }
    :host([disabled]) {
      ${ne};
    }
  `,d([g({type:String,attribute:"section-id"})],vr.prototype,"sectionId",2),vr=d([k("test-section-link")],vr);var Ri=class extends C{render(){return x` <small><pre>${JSON.stringify(this.computedContext,null,2)}</pre></small> `}};d([M(),$({context:G,subscribe:!0})],Ri.prototype,"computedContext",2),Ri=d([k("test-print-context")],Ri);var Bt=class extends C{constructor(){super(...arguments);this.debug=!1;this.stampContext={view:"candidate",activeItem:{},activeSection:{items:[]},activeTestpart:{items:[],sections:[]},test:{}}}createRenderRoot(){return this}connectedCallback(){super.connectedCallback();let e=this.querySelector("template");if(!e){this.myTemplate=null;return}this.myTemplate=Oe(e)}willUpdate(e){if(!this.computedContext)return;let t=this.computedContext.testParts.find(h=>h.active),i=t?.sections.find(h=>h.active),n=i?.items.find(h=>h.active),{variables:o,...a}=n||{};if(!t||!i||!n)return;let l={...t,items:t.sections.flatMap(h=>h.items.map(({variables:y,...v})=>v)),sections:t.sections.map(h=>({...h,items:h.items.map(({variables:y,...v})=>v)}))},c={...i,items:i.items.map(({variables:h,...y})=>y)},{testParts:p,...u}=this.computedContext;this.stampContext={view:this.computedContext.view,activeItem:a,activeSection:c,activeTestpart:l,test:u},this.dispatchEvent(new CustomEvent("qti-stamp-context-updated",{detail:this.stampContext,bubbles:!0}))}render(){return x` ${this.debug?x`<small><pre>${JSON.stringify(this.stampContext,null,2)}</pre></small>`:O}
    ${this.myTemplate?this.myTemplate(this.stampContext):O}`}};d([g({type:Boolean,reflect:!0})],Bt.prototype,"debug",2),d([M(),$({context:G,subscribe:!0})],Bt.prototype,"computedContext",2),d([M()],Bt.prototype,"stampContext",2),Bt=d([k("test-stamp")],Bt);var Wn,uc,zt=class extends C{constructor(){super();L(this,Wn);this.view="";this.disabled=!1;this.myTemplate=null;this.addEventListener("click",e=>{let t=e.target,i=parseFloat(t.value);t.tagName==="INPUT"&&P(this,Wn,uc).call(this,i)})}createRenderRoot(){return this}connectedCallback(){super.connectedCallback();let e=this.querySelector("template");if(!e){this.myTemplate=null;return}this.myTemplate=Oe(e)}render(){let e=this.computedContext?.testParts.flatMap(l=>l.sections.flatMap(c=>c.items)).find(l=>l.active);if(!e||!e.variables)return x``;let t=e.variables.find(l=>l.identifier=="MAXSCORE")?.value,i=e.variables.find(l=>l.identifier=="SCORE"),n=i?.value,o=i?.externalScored!=="human";if(!t||!i)return O;let a=[...Array(Number(t)+1).keys()];return x`${this.myTemplate?this.myTemplate({scores:a,score:n,disabled:o}):O}`}};Wn=new WeakSet,uc=function(e){let n=(this.computedContext?.testParts.find(o=>o.active)).sections.flatMap(o=>o.items).find(o=>o.active)?.identifier;this.dispatchEvent(new CustomEvent("test-update-outcome-variable",{detail:{assessmentItemRefId:n,outcomeVariableId:"SCORE",value:e},bubbles:!0}))},d([g({type:String,attribute:"view"})],zt.prototype,"view",2),d([g({type:Boolean})],zt.prototype,"disabled",2),d([$({context:G,subscribe:!0})],zt.prototype,"computedContext",2),zt=d([k("test-scoring-buttons")],zt);var ki=class extends C{createRenderRoot(){return this}connectedCallback(){super.connectedCallback();let r=this.querySelector("template");if(!r){this.myTemplate=null;return}this.myTemplate=Oe(r)}_switchView(r){this.dispatchEvent(new CustomEvent("on-test-switch-view",{composed:!0,bubbles:!0,detail:r}))}firstUpdated(r){this.addEventListener("click",()=>{this.sessionContext?.view==="scorer"?this._switchView("candidate"):this._switchView("scorer")})}render(){return x`${this.myTemplate?this.myTemplate({view:this.sessionContext?.view}):O}`}};d([$({context:nt,subscribe:!0})],ki.prototype,"sessionContext",2),ki=d([k("test-view-toggle")],ki);var yr=class extends C{constructor(){super(...arguments);this.view=null}render(){let e=this.computedContext?.testParts.flatMap(l=>l.sections.flatMap(c=>c.items)).find(l=>l.active);if(!e||!e.variables)return x``;if(e.category==="dep-informational")return x`<div>${this.dataset.informational}</div>`;let t=e?.variables.find(l=>l.identifier==="completionStatus")?.value,i=e?.variables.find(l=>l.identifier=="SCORE"),n=parseFloat(i?.value),o=e.externalScored;return x`<div>${t!=="completed"?this.dataset.textNoResponse:!o&&n!==void 0&&!Number.isNaN(n)?n>0?this.dataset.textCorrect:this.dataset.textIncorrect:o==="externalMachine"?Number.isNaN(n)||n===void 0?this.dataset.scoreUnknown:`We hebben je antwoord ${n===0?"geen punten":n==1?"\xE9\xE9n punt":`${n} punten`} gegeven. Je kunt je score zelf aanpassen als je denkt dat dat niet klopt.`:o==="human"?Number.isNaN(n)?"":"Deze score heb je zelf toegekend.":this.dataset.inProgress}</div>`}};d([$({context:G,subscribe:!0})],yr.prototype,"computedContext",2),d([g({type:String,attribute:"view"})],yr.prototype,"view",2),yr=d([k("test-scoring-feedback")],yr);var Mi=class extends C{constructor(){super(),this.addEventListener("click",()=>{this.dispatchEvent(new CustomEvent("test-end-attempt",{bubbles:!0})),this.dispatchEvent(new CustomEvent("test-show-correct-response",{detail:!0,bubbles:!0}));let e=this.closest("qti-test").querySelector("test-container");Array.from(e.shadowRoot.querySelectorAll("[view]")).forEach(i=>{i.classList.toggle("show",!0)})})}render(){return x` <slot></slot> `}};Mi.styles=E`
    :host {
      ${ie};
    }
    :host([disabled]) {
      ${ne};
    }
  `,Mi=d([k("test-check-item")],Mi);var _i,xr,mc,hc,Ye=class extends C{constructor(){super(...arguments);L(this,xr);this.itemURL=null;this.itemDoc=null;this.itemXML=null;L(this,_i,null)}async handleItemURLChange(){if(this.itemURL)try{let e=await Me().load(this.itemURL);this.itemDoc=e.htmlDoc()}catch(e){console.error("Error loading or parsing XML:",e)}}handleItemXMLChange(){if(this.itemXML)try{this.itemDoc=Me().parse(this.itemXML).htmlDoc()}catch(e){console.error("Error parsing XML:",e)}}async connectedCallback(){super.connectedCallback(),P(this,xr,mc).call(this),P(this,xr,hc).call(this),this.itemURL&&this.handleItemURLChange(),this.itemXML&&this.handleItemXMLChange()}render(){return x`
      ${I(this,_i)}
      <slot></slot>
      ${Bn(this.itemDoc,x`<span>Loading...</span>`)}
    `}};_i=new WeakMap,xr=new WeakSet,mc=function(){let e=this.querySelector("template");U(this,_i,e?e.content:x``)},hc=function(){let e=new CSSStyleSheet;e.replaceSync(zn),this.shadowRoot.adoptedStyleSheets=[e]},d([g({type:String,attribute:"item-url"})],Ye.prototype,"itemURL",2),d([M()],Ye.prototype,"itemDoc",2),d([M()],Ye.prototype,"itemXML",2),d([B("itemURL",{waitUntilFirstUpdate:!0})],Ye.prototype,"handleItemURLChange",1),d([B("itemXML",{waitUntilFirstUpdate:!0})],Ye.prototype,"handleItemXMLChange",1),Ye=d([k("item-container")],Ye);var Gn,fc,jt=class extends C{constructor(){super(...arguments);L(this,Gn);this.label="Correct response mode";this._options={internal:"Internal",full:"Full (copy)"}}render(){return x`
      <label part="label" for="modeSelect">${this.label}</label>
      <select
        part="select"
        id="modeSelect"
        @change=${e=>{let t=e.target;P(this,Gn,fc).call(this,t.value)}}
      >
        ${Object.keys(this._options).map(e=>x`<option value="${e}" ?selected=${e===this.itemContext?.correctResponseMode}>
              ${this._options[e]}
            </option>`)}
      </select>
    `}};Gn=new WeakSet,fc=function(e){this.dispatchEvent(new CustomEvent("item-switch-correct-response-mode",{detail:e,bubbles:!0}))},d([$({context:be,subscribe:!0})],jt.prototype,"itemContext",2),d([g({type:String})],jt.prototype,"label",2),d([M()],jt.prototype,"_options",2),jt=d([k("item-correct-response-mode")],jt);var gc=E`
  display: inline-flex;
  align-items: center;
  cursor: pointer;
  padding: 0.5rem 1rem;
  border-radius: 0.25rem;
  user-select: none;
`,Xn=E`
  background-color: lightgray;
  ${gc};
`,Qn=E`
  cursor: not-allowed;
  opacity: 0.8;
`,dw=E`
  ${gc};
  border: 1px solid gray;
`;var qr,Li,wr,vc,yc,Ee=class extends C{constructor(){super();L(this,wr);this.shown=!1;this.disabled=!1;this.showCandidateCorrectionText="Show candidate correction";this.hideCandidateCorrectionText="Hide candidate correction";this.noCorrectResponseText="No correct response specified";L(this,qr,!1);L(this,Li,"")}updated(){if(!I(this,qr)||I(this,Li)!==this.computedContext?.identifier){U(this,Li,this.computedContext?.identifier);let e=!!this.computedContext?.variables.some(i=>i.correctResponse),t=!!this.computedContext?.variables.some(i=>i.mapping?.mapEntries?.length>0||i.areaMapping?.areaMapEntries?.length>0);U(this,qr,e||t)}this.disabled=!I(this,qr)}render(){return x` <div @click="${P(this,wr,vc)}">${P(this,wr,yc).call(this)}</div> `}};qr=new WeakMap,Li=new WeakMap,wr=new WeakSet,vc=function(){this.disabled||this.dispatchEvent(new CustomEvent("item-show-candidate-correction",{detail:!this.shown,bubbles:!0}))},yc=function(){return this.disabled?this.noCorrectResponseText:this.shown?this.hideCandidateCorrectionText:this.showCandidateCorrectionText},Ee.styles=E`
    :host {
      ${Xn};
    }
    :host([disabled]) {
      ${Qn};
    }
  `,d([$({context:it,subscribe:!0})],Ee.prototype,"computedContext",2),d([g({type:Boolean,reflect:!0})],Ee.prototype,"shown",2),d([g({type:Boolean,reflect:!0})],Ee.prototype,"disabled",2),d([g({type:String})],Ee.prototype,"showCandidateCorrectionText",2),d([g({type:String})],Ee.prototype,"hideCandidateCorrectionText",2),d([g({type:String})],Ee.prototype,"noCorrectResponseText",2),Ee=d([k("item-show-candidate-correction")],Ee);var Cr,$i,Er,xc,qc,Se=class extends C{constructor(){super(...arguments);L(this,Er);this.shown=!1;this.disabled=!1;this.showCorrectText="Show correct response";this.hideCorrectText="Hide correct response";this.noCorrectResponseText="No correct response specified";L(this,Cr,!1);L(this,$i,"")}updated(){if(!I(this,Cr)||I(this,$i)!==this.computedContext?.identifier){U(this,$i,this.computedContext?.identifier);let e=!!this.computedContext?.variables.some(i=>i.correctResponse),t=!!this.computedContext?.variables.some(i=>i.mapping?.mapEntries?.length>0||i.areaMapping?.areaMapEntries?.length>0);U(this,Cr,e||t)}this.disabled=!I(this,Cr)}render(){return x` <div @click="${P(this,Er,xc)}">${P(this,Er,qc).call(this)}</div> `}};Cr=new WeakMap,$i=new WeakMap,Er=new WeakSet,xc=function(){this.disabled||this.dispatchEvent(new CustomEvent("item-show-correct-response",{detail:!this.shown,bubbles:!0}))},qc=function(){return this.disabled?this.noCorrectResponseText:this.shown?this.hideCorrectText:this.showCorrectText},Se.styles=E`
    :host {
      ${Xn};
    }
    :host([disabled]) {
      ${Qn};
    }
  `,d([$({context:it,subscribe:!0})],Se.prototype,"computedContext",2),d([g({type:Boolean,reflect:!0})],Se.prototype,"shown",2),d([g({type:Boolean,reflect:!0})],Se.prototype,"disabled",2),d([g({type:String})],Se.prototype,"showCorrectText",2),d([g({type:String})],Se.prototype,"hideCorrectText",2),d([g({type:String})],Se.prototype,"noCorrectResponseText",2),Se=d([k("item-show-correct-response")],Se);var Sr=class extends C{render(){let r=this.computedContext;if(!r||!r.variables)return x``;let e=r.variables.filter(n=>n.type==="response"),t=r.variables.filter(n=>n.type==="outcome"),i=(n,o)=>x`
      <h3>${o}</h3>
      <table>
        <thead>
          <tr>
            <th>Identifier</th>
            <th>Value</th>
            <th>Cardinality</th>
            <th>Base Type</th>
            <th>Correct Response / Mappings</th>
          </tr>
        </thead>
        <tbody>
          ${n.map(a=>{let l=a.correctResponse?Array.isArray(a.correctResponse)?a.correctResponse.join(", "):a.correctResponse:"",c=a.mapping?.mapEntries?.map(u=>`${u.mapKey}=${u.mappedValue}pt`).join(", ")||"",p=a.areaMapping?.areaMapEntries?.map(u=>`${u.shape}(${u.coords})=${u.mappedValue}pt`).join(", ")||"";return x`
              <tr>
                <td>${a.identifier}</td>
                <td>${Array.isArray(a.value)?a.value.join(", "):a.value}</td>
                <td>${a.cardinality}</td>
                <td>${a.baseType}</td>
                <td>${l||c||p}</td>
              </tr>
            `})}
        </tbody>
      </table>
    `;return x`
      ${i(e,"Response Variables")} ${i(t,"Outcome Variables")}
    `}};Sr.styles=E`
    table {
      width: 100%;
      border-collapse: collapse;
      margin: 20px 0;
      font-size: 14px;
      text-align: left;
    }
    th,
    td {
      border: 1px solid #ddd;
      padding: 8px;
    }
    th {
      background-color: #f4f4f4;
      font-weight: bold;
    }
    h3 {
      margin-top: 20px;
      font-size: 16px;
    }
  `,d([$({context:it,subscribe:!0})],Sr.prototype,"computedContext",2),Sr=d([k("item-print-variables")],Sr);var se,Pi,Vi,Yn,Jn,Kn,ee,wc,Cc,ys,Ec,Sc,xs,Ar=class extends C{constructor(){super();L(this,ee);L(this,se);this.configContext={};L(this,Pi,P(this,ee,wc).bind(this));L(this,Vi,P(this,ee,Cc).bind(this));L(this,Yn,P(this,ee,ys).bind(this));L(this,Jn,P(this,ee,Ec).bind(this));L(this,Kn,P(this,ee,Sc).bind(this));this.addEventListener("qti-item-context-updated",I(this,Pi)),this.addEventListener("qti-assessment-item-connected",I(this,Vi)),this.addEventListener("item-show-correct-response",I(this,Yn)),this.addEventListener("item-show-candidate-correction",I(this,Jn)),this.addEventListener("item-switch-correct-response-mode",I(this,Kn))}render(){return x`<slot></slot>`}disconnectedCallback(){super.disconnectedCallback(),this.removeEventListener("qti-item-context-changed",I(this,Pi)),this.removeEventListener("qti-assessment-item-connected",I(this,Vi))}};se=new WeakMap,Pi=new WeakMap,Vi=new WeakMap,Yn=new WeakMap,Jn=new WeakMap,Kn=new WeakMap,ee=new WeakSet,wc=function(e){P(this,ee,xs).call(this,e.detail.itemContext.identifier,e.detail?.itemContext?.variables||[])},Cc=function(e){let t=e.detail._context.variables;U(this,se,e.detail),this.computedContext=this.computedContext?.identifier===I(this,se).identifier?{...this.computedContext,title:I(this,se).title}:{identifier:I(this,se).identifier,title:I(this,se).title,adaptive:I(this,se).getAttribute("adaptive")?.toLowerCase()==="true"||!1,variables:t,correctResponseMode:"internal"},P(this,ee,xs).call(this,I(this,se).identifier,t||[])},ys=function(e){I(this,se)&&I(this,se).showCorrectResponse(e.detail)},Ec=function(e){I(this,se)&&I(this,se).showCandidateCorrection(e.detail)},Sc=function(e){P(this,ee,ys).call(this,new CustomEvent("item-show-correct-response",{detail:!1,bubbles:!0})),this.configContext={...this.configContext,correctResponseMode:e.detail}},xs=function(e,t){let i=t?.find(p=>p.identifier=="SCORE")?.value,n=parseFloat(i?.toString()),o=t?.find(p=>p.identifier==="completionStatus")?.value,a=n!==void 0&&!isNaN(n)&&n>0,l=n!==void 0&&!isNaN(n)&&n<=0,c=o==="completed";this.computedContext={...this.computedContext,identifier:e,correct:a,incorrect:l,completed:c,variables:t}},d([M(),ce({context:it})],Ar.prototype,"computedContext",2),d([M(),ce({context:be})],Ar.prototype,"configContext",2),Ar=d([k("qti-item")],Ar);var Ac=E`
  :host {
    display: flex;
    user-select: none;
    position: absolute;
  }
`;var Zn=class extends C{static{this.styles=Ac}connectedCallback(){super.connectedCallback(),this.dispatchEvent(new CustomEvent("qti-register-hotspot",{bubbles:!0,composed:!0,cancelable:!1}))}render(){return x` <slot name="drags"></slot> `}};customElements.define("qti-associable-hotspot",Zn);var Tc=E`
  :host {
    display: flex;
    user-select: none;
  }
`;var Di=class extends C{constructor(){super(...arguments);this.tabindex=0}static{this.styles=Tc}render(){return x` <slot name="drags"></slot>`}};d([g({type:Number,reflect:!0})],Di.prototype,"tabindex",2);customElements.define("qti-gap",Di);var Ic=E`
  :host {
    display: flex;
    user-select: none;
  }
`;var Ni=class extends C{constructor(){super(...arguments);this.tabindex=0}static{this.styles=Ic}connectedCallback(){this.setAttribute("slot","drags")}};d([g({type:Number,reflect:!0})],Ni.prototype,"tabindex",2);customElements.define("qti-gap-img",Ni);var Rc={toAttribute:s=>s?"true":"false",fromAttribute:s=>s==="true"};function qe(s,r){class e extends s{constructor(...n){super(...n);this.identifier="";this.tabIndex=0;this.disabled=!1;this.readonly=!1;this.internals=this.attachInternals()}handleDisabledChange(n,o){this.tabIndex=o?-1:0,o&&this.blur()}connectedCallback(){super.connectedCallback(),this.internals.ariaChecked="false",this.disabled&&(this.tabIndex=-1),this.addEventListener("keyup",this._onKeyUp),this.addEventListener("click",this._onClick),this.dispatchEvent(new CustomEvent(`register-${r}`,{bubbles:!0,composed:!0}))}disconnectedCallback(){super.disconnectedCallback(),this.removeEventListener("keyup",this._onKeyUp),this.removeEventListener("click",this._onClick),this.dispatchEvent(new CustomEvent(`unregister-${r}`,{bubbles:!0,composed:!0}))}_onKeyUp(n){n.altKey||(n.code==="Space"||n.code==="Enter")&&(n.preventDefault(),this._activate())}_onClick(){this.disabled||this.readonly||(this.focus(),this._activate())}_activate(){this.disabled||this.readonly||this.dispatchEvent(new CustomEvent(`activate-${r}`,{bubbles:!0,composed:!0,detail:{identifier:this.identifier}}))}render(){return x`<slot></slot>`}}return d([g({type:String})],e.prototype,"identifier",2),d([g({type:Number,reflect:!0,attribute:"tabindex"})],e.prototype,"tabIndex",2),d([g({type:Boolean,reflect:!0,attribute:"aria-disabled",converter:Rc})],e.prototype,"disabled",2),d([g({type:Boolean,reflect:!0,attribute:"aria-readonly",converter:Rc})],e.prototype,"readonly",2),d([B("disabled",{waitUntilFirstUpdate:!0})],e.prototype,"handleDisabledChange",1),e}var kc=E`
  :host {
    display: inline-flex;
    user-select: none;
  }
`;var Oi=class extends qe(C,"qti-gap-text"){constructor(){super(...arguments);this.tabindex=0}static{this.styles=kc}connectedCallback(){super.connectedCallback(),this.setAttribute("slot","drags")}render(){return x`<slot></slot>`}};d([g({type:Number,reflect:!0})],Oi.prototype,"tabindex",2);customElements.define("qti-gap-text",Oi);var Mc=E`
  :host {
    display: flex;
    user-select: none;
    position: absolute;
  }
`;var Tr=class extends qe(C,"qti-hotspot-choice"){static{this.styles=Mc}};d([g({attribute:"aria-ordervalue",type:Number,reflect:!0})],Tr.prototype,"order",2),d([g({attribute:"aria-ordercorrectvalue",type:Number,reflect:!0})],Tr.prototype,"orderCorrect",2);customElements.define("qti-hotspot-choice",Tr);var _c=E`
  :host {
    display: flex;
    user-select: none;
  }
`;var eo=class extends qe(C,"qti-hottext"){static{this.styles=_c}render(){return x`<div part="ch"><div part="cha"></div></div>
      <slot></slot> `}};customElements.define("qti-hottext",eo);var yp=E`
  :host {
    display: block;
    box-sizing: border-box;
  }

  slot {
    display: inline;
  }
`,Lc=yp;var Hi=class extends qe(C,"qti-inline-choice"){static{this.styles=Lc}connectedCallback(){super.connectedCallback(),this.addEventListener("click",this.#e),this.dispatchEvent(new CustomEvent("qti-inline-choice-register",{bubbles:!0,composed:!0,cancelable:!1}))}disconnectedCallback(){this.removeEventListener("click",this.#e)}render(){return x` <slot></slot> `}#e(){this.dispatchEvent(new CustomEvent("qti-inline-choice-select",{bubbles:!0,cancelable:!1,composed:!0,detail:{identifier:this.identifier}}))}};d([g({type:String})],Hi.prototype,"identifier",2);customElements.define("qti-inline-choice",Hi);var $c=E`
  :host {
    display: block;
  }
`;var to=class extends C{static{this.styles=$c}render(){return x`<slot></slot>`}connectedCallback(){this.parentElement.tagName.endsWith("INTERACTION")&&this.setAttribute("slot","prompt")}};customElements.define("qti-prompt",to);var Pc=E`
  :host {
    display: flex;
    user-select: none;
  }
  slot {
    width: 100%;
    display: block;
  }
  slot[name='qti-simple-associable-choice'] {
    width: auto;
  }
`;var Wt=class extends qe(C,"qti-simple-associable-choice"){constructor(){super(...arguments);this.matchMin=0;this.matchMax=1;this.fixed=!1}static{this.styles=Pc}connectedCallback(){super.connectedCallback(),this.setAttribute("slot","qti-simple-associable-choice"),this.setAttribute("part","qti-simple-associable-choice")}render(){return x`
      <slot part="slot"></slot>
      <slot part="dropslot" name="qti-simple-associable-choice"></slot>
    `}};d([g({type:Number,attribute:"match-min"})],Wt.prototype,"matchMin",2),d([g({type:Number,attribute:"match-max"})],Wt.prototype,"matchMax",2),d([g({type:String,attribute:"fixed",converter:{fromAttribute:e=>e==="true",toAttribute:e=>String(e)}})],Wt.prototype,"fixed",2);customElements.define("qti-simple-associable-choice",Wt);var Vc=E`
  :host {
    display: flex;
    align-items: center;
    user-select: none;
  }
  slot {
    width: 100%;
    display: flex;
    align-items: center;
  }
  [part='ch'] {
    display: flex;
    flex-shrink: 0;
    align-items: center;
    justify-content: center;
  }
`;var ht=class extends qe(C,"qti-simple-choice"){constructor(){super(...arguments);this.templateIdentifier=null;this.showHide="show";this.fixed=!1}static{this.styles=Vc}get checked(){return this.internals.states.has("--checked")}render(){return x`<div part="ch">
        <div part="cha"></div>
      </div>
      ${this.marker?x`<div id="label">${this.marker}</div>`:O}
      <slot part="slot"></slot>`}};d([g({type:String,attribute:"template-identifier"})],ht.prototype,"templateIdentifier",2),d([g({type:String,attribute:"show-hide"})],ht.prototype,"showHide",2),d([g({type:Boolean,converter:{fromAttribute:e=>e==="true",toAttribute:e=>String(e)}})],ht.prototype,"fixed",2),d([g({type:String,attribute:!1})],ht.prototype,"marker",2);customElements.define("qti-simple-choice",ht);var{AbortController:He,AbortSignal:qs,WeakMap:xp,WeakRef:qp,Window:Dc,reportError:ro=console.log}=globalThis,ft=s=>s&&s.defaultView!==null&&s.defaultView.document===s&&(s.defaultView.top===s.defaultView||ft(s.defaultView.parent.document)),Gt=()=>!!Dc&&globalThis instanceof Dc,ws=Symbol("unset"),[Nc,wp]=(()=>{function s(w,f,m=!0){Object.defineProperty(w,f,{...Object.getOwnPropertyDescriptor(w,f),enumerable:m})}let r="try"in Promise?Promise.try.bind(Promise):(w,...f)=>new Promise(m=>m(w(...f))),e="withResolvers"in Promise?Promise.withResolvers.bind(Promise):()=>{let w,f;return{promise:new Promise((b,q)=>(w=b,f=q)),resolve:w,reject:f}};function t(w,f){let m=f.call(w);if(m===null||typeof m!="object")throw new TypeError("Iterator is not an object");return m}let i=new xp,n={next(...w){let f=this,m=i.get(f);if(!m?.syncIteratorRecord)throw new TypeError("AsyncFromSyncIteratorPrototype.next called on invalid object");let{syncIteratorRecord:b}=m;return r(()=>b.next(...w))},return(...w){let f=this,m=i.get(f);if(!m?.syncIteratorRecord)throw new TypeError("AsyncFromSyncIteratorPrototype.return called on invalid object");let{syncIteratorRecord:b}=m;return r(()=>b.return?b.return(...w):{value:void 0,done:!0})},throw(...w){let f=this,m=i.get(f);if(!m?.syncIteratorRecord)throw new TypeError("AsyncFromSyncIteratorPrototype.throw called on invalid object");let{syncIteratorRecord:b}=m;return r(()=>{if(!b.throw)throw b.return(),new TypeError("no throw method");return b.throw(...w)})}};function o(w){let f=Object.create(n);return i.set(f,{syncIteratorRecord:w}),f}function a(w,f){let m;if(f){if(m=w[Symbol.asyncIterator],m==null){if(m=w[Symbol.iterator],m==null)throw new TypeError("Object is not async iterable");let b=t(w,m);return o(b)}}else m=w[Symbol.iterator];if(m==null)throw new TypeError("Object is not iterable");return t(w,m)}let l="any"in qs?qs.any.bind(qs):w=>{let f=new He;for(let m of w)if(m.aborted)return f.abort(m.reason),f.signal;for(let m of w)m.addEventListener("abort",()=>{f.abort(m.reason)},{signal:f.signal});return f.signal},c=w=>l(w.filter(Boolean));class p{constructor({next:f,error:m,complete:b}={}){i.set(this,{next:f,error:m,complete:b})}next(f){let{next:m}=i.get(this)||{};m&&m(f)}error(f){let{error:m}=i.get(this)||{};m?m(f):ro(f)}complete(){let{complete:f}=i.get(this)||{};f&&f()}}function u(w,f){let m=i.get(w);if(m?.active){m.active=!1,m.subscriptionController.abort(f);for(let b of m.teardowns.reverse()){if(Gt()&&!ft(document))return;try{b()}catch(q){ro(q)}}}}function h(w,f,m={}){if(Gt()&&!ft(document))return;let b;typeof f=="function"?b=new p({next:f}):f&&!(f instanceof p)?b=new p(f):b=f||new p;let q=i.get(w),A=q.weakSubscriber?.deref();if(A?.active){let T=A,_=i.get(T);_.observers.add(b),m.signal&&(m.signal.aborted?_.observers.delete(b):m.signal.addEventListener("abort",()=>{let N=i.get(T);N?.active&&(N.observers.delete(b),N.observers.size==0&&u(T,m.signal.reason))}));return}let S=new y(b);if(q.weakSubscriber=new qp(S),"signal"in m&&(m.signal.aborted?u(S,m.signal.reason):m.signal.addEventListener("abort",()=>{let T=i.get(S);T?.active&&(T.observers.delete(b),T.observers.size==0&&u(S,m.signal.reason))})),q.subscribeCallback)try{q.subscribeCallback(S)}catch(T){S.error(T)}}class y{get[Symbol.toStringTag](){return"Subscriber"}constructor(f=null){if(!(f instanceof p))throw new TypeError("Illegal constructor");i.set(this,{active:!0,observers:new Set([f]),teardowns:[],subscriptionController:new He})}next(f){if(!(this instanceof y))throw new TypeError("illegal invocation");if(!arguments.length)throw new TypeError("too few arguments");let m=i.get(this);if(!m?.active||Gt()&&!ft(document))return;let b=new Set(m.observers);for(let q of b)q.next(f)}error(f){if(!(this instanceof y))throw new TypeError("illegal invocation");if(!arguments.length)throw new TypeError("too few arguments");let m=i.get(this);if(!m?.active){ro(f);return}if(Gt()&&!ft(document))return;u(this,f);let b=new Set(m.observers);for(let q of b)q.error(f)}complete(){if(!(this instanceof y))throw new TypeError("illegal invocation");let f=i.get(this);if(!f?.active||Gt()&&!ft(document))return;u(this);let m=new Set(f.observers);for(let b of m)b.complete()}addTeardown(f){if(!(this instanceof y))throw new TypeError("illegal invocation");if(typeof f!="function")throw new TypeError("Parameter 1 is not of type 'Function'");if(Gt()&&!ft(document))return;let m=i.get(this);m?.active?m.teardowns.push(f):f()}get active(){if(!(this instanceof y))throw new TypeError("illegal invocation");return!!i.get(this)?.active}get signal(){if(!(this instanceof y))throw new TypeError("illegal invocation");if(!i.has(this)){let f=new He;return f.abort(),f.signal}return i.get(this).subscriptionController.signal}}s(y.prototype,"next"),s(y.prototype,"error"),s(y.prototype,"complete"),s(y.prototype,"addTeardown"),s(y.prototype,"active"),s(y.prototype,"signal");class v{get[Symbol.toStringTag](){return"Observable"}constructor(f){if(!f)throw new TypeError("1 argument required but 0 present");i.set(this,{weakSubscriber:null,subscribeCallback:f})}static from(f){if(f===null||typeof f!="object")throw new TypeError("Observable.from only accepts objects");if(f instanceof v)return f;if(typeof(Symbol.asyncIterator in f&&f[Symbol.asyncIterator])=="function"){let A=function(S,T){if(S.signal.aborted)return;let _;try{let N=T.next();_=Promise.resolve(N)}catch(N){_=Promise.reject(N)}_.then(N=>{if(N===null||typeof N!="object"){S.error(new TypeError("Not an IteratorResult."));return}try{({done:q}=N)}catch(z){S.error(z);return}if(q){S.complete();return}let H;try{H=N.value}catch(z){S.error(z);return}S.next(H),A(S,T)},N=>{S.error(N)})},q=!1;return new v(S=>{if(S.signal.aborted)return;let T;try{T=a(f,!0)}catch(N){S.error(N);return}let _=T;S.signal.aborted||(S.signal.addEventListener("abort",()=>{if(typeof _.return!="function"||q)return;r(()=>_.return(S.signal.reason)).then(H=>{if(H===null||typeof H!="object")throw new TypeError("Iterator .return() must return an Object")})}),A(S,_))})}if(typeof(Symbol.iterator in f&&f[Symbol.iterator])=="function")return new v(q=>{if(q.signal.aborted)return;let A;try{A=a(f,!1)}catch(_){q.error(_);return}let S=!1,T=A;if(!q.signal.aborted)for(q.signal.addEventListener("abort",()=>{if(typeof T.return!="function"||S)return;let _=T.return();if(_===null||typeof _!="object")throw new TypeError("Iterator .return() must return an Object")});;)try{let _=T.next();if({done:S}=_,S){q.complete();return}if(q.next(_.value),q.signal.aborted)break}catch(_){q.error(_);break}});if(f instanceof Promise||typeof f.then=="function")return new v(q=>{f.then(A=>{q.next(A),q.complete()},A=>{q.error(A)})});throw new TypeError("Could not convert value to Observable")}subscribe(f=null,m={}){if(!(this instanceof v))throw new TypeError("illegal invocation");h(this,f,m)}takeUntil(f){if(!(this instanceof v))throw new TypeError("illegal invocation");let m=this,b=v.from(f);return new v(q=>{let A=new p({next(){q.complete()},error(){q.complete()}}),S={signal:q.signal};if(h(b,A,S),!q.active)return;let T=new p({next(_){q.next(_)},error(_){q.error(_)},complete(){q.complete()}});h(m,T,S)})}map(f){if(!(this instanceof v))throw new TypeError("illegal invocation");if(typeof f!="function")throw new TypeError("Parameter 1 is not of type 'Function'");let m=this;return new v(b=>{let q=0,A=new p({next(T){let _;try{_=f(T,q)}catch(N){b.error(N);return}q+=1,b.next(_)},error(T){b.error(T)},complete(){b.complete()}}),S={signal:b.signal};h(m,A,S)})}inspect(f={}){let m=null,b=null,q=null,A=null,S=null;typeof f=="function"?b=f:f&&typeof f=="object"&&("subscribe"in f&&(m=f.subscribe),"next"in f&&(b=f.next),"error"in f&&(q=f.error),"complete"in f&&(A=f.complete),"abort"in f&&(S=f.abort));let T=this;return new v(_=>{if(m!==null)try{m()}catch(F){_.error(F);return}let N=()=>{try{S!==null&&S(_.signal.reason)}catch(F){ro(F)}};_.signal.addEventListener("abort",N,{once:!0});let H=new p({next(F){if(b!==null)try{b(F)}catch(le){_.signal.removeEventListener("abort",N),_.error(le);return}_.next(F)},error(F){if(_.signal.removeEventListener("abort",N),q!==null)try{q(F)}catch(le){_.error(le);return}_.error(F)},complete(){if(_.signal.removeEventListener("abort",N),A!==null)try{A()}catch(F){_.error(F);return}_.complete()}}),z={signal:_.signal};h(T,H,z)})}filter(f){if(!(this instanceof v))throw new TypeError("illegal invocation");if(typeof f!="function")throw new TypeError("Parameter 1 is not of type 'Function'");let m=this;return new v(b=>{let q=0,A=new p({next(T){let _=!1;try{_=f(T,q)}catch(N){b.error(N);return}q+=1,_&&b.next(T)},error(T){b.error(T)},complete(){b.complete()}}),S={signal:b.signal};h(m,A,S)})}take(f){if(!(this instanceof v))throw new TypeError("illegal invocation");let m=this;return new v(b=>{let q=f;if(q==0)return b.complete();let A=new p({next(T){b.next(T),q-=1,q==0&&b.complete()},error(T){b.error(T)},complete(){b.complete()}}),S={signal:b.signal};h(m,A,S)})}drop(f){if(!(this instanceof v))throw new TypeError("illegal invocation");let m=this;return new v(b=>{let q=f,A=new p({next(T){if(q>0)return q-=1;q==0&&b.next(T)},error(T){b.error(T)},complete(){b.complete()}}),S={signal:b.signal};h(m,A,S)})}flatMap(f){if(!(this instanceof v))throw new TypeError("illegal invocation");if(typeof f!="function")throw new TypeError("Parameter 1 is not of type 'Function'");let m=this;return new v(b=>{let q=0,A=!1,S=[];function T(z){let F;try{F=f(z,q)}catch(Fe){return b.error(Fe)}q+=1;let le;try{le=v.from(F)}catch(Fe){return b.error(Fe)}let Lo=new p({next(Fe){b.next(Fe)},error(Fe){b.error(Fe)},complete(){if(S.length){let Fe=S.shift();T(Fe)}else _=!1,A&&b.complete()}}),Re={signal:b.signal};h(le,Lo,Re)}let _=!1,N=new p({next(z){_?S.push(z):(_=!0,T(z))},error(z){b.error(z)},complete(){A=!0,!_&&!S.length&&b.complete()}}),H={signal:b.signal};h(m,N,H)})}switchMap(f){if(!(this instanceof v))throw new TypeError("illegal invocation");if(typeof f!="function")throw new TypeError("Parameter 1 is not of type 'Function'");let m=this;return new v(b=>{let q=0,A=!1,S=null;function T(H){let z;try{z=f(H,q)}catch(Re){return b.error(Re)}q+=1;let F;try{F=v.from(z)}catch(Re){return b.error(Re)}let le=new p({next(Re){b.next(Re)},error(Re){b.error(Re)},complete(Re){A?b.complete():S=null}}),Lo={signal:c([S.signal,b.signal])};h(F,le,Lo)}let _=new p({next(H){S&&S.abort(),S=new He,T(H)},error(H){b.error(H)},complete(){A=!0,S||b.complete()}}),N={signal:b.signal};h(m,_,N)})}catch(f){if(!(this instanceof v))throw new TypeError("illegal invocation");if(typeof f!="function")throw new TypeError("Parameter 1 is not of type 'Function'");let m=this;return new v(q=>{let A=new p({next(T){q.next(T)},error(T){let _;try{_=f(T)}catch(F){q.error(F);return}let N;try{N=v.from(_)}catch(F){q.error(F);return}let H=new p({next(F){q.next(F)},error(F){q.error(F)},complete(){q.complete()}}),z={signal:q.signal};h(N,H,z)},complete(){q.complete()}}),S={signal:q.signal};h(m,A,S)})}finally(f){if(!(this instanceof v))throw new TypeError("illegal invocation");if(typeof f!="function")throw new TypeError("Parameter 1 is not of type 'Function'");let m=this;return new v(b=>{b.addTeardown(f);let q=new p({next(S){b.next(S)},error(S){b.error(S)},complete(){b.complete()}}),A={signal:b.signal};h(m,q,A)})}toArray(f={}){if(!(this instanceof v))throw new TypeError("illegal invocation");let{promise:m,resolve:b,reject:q}=e();if(f.signal){if(f.signal.aborted)return Promise.reject(f.signal.reason);f.signal.addEventListener("abort",()=>{q(f.signal.reason)})}let A=[],S=new p({next(T){A.push(T)},error(T){q(T)},complete(){b(A)}});return h(this,S,f),m}forEach(f,m={}){if(!(this instanceof v))throw new TypeError("illegal invocation");if(typeof f!="function")throw new TypeError("Parameter 1 is not of type 'Function'");let{promise:b,resolve:q,reject:A}=e(),S=new He,T={signal:c([S.signal,m.signal])};if(T.signal.aborted)return A(T.signal.reason),b;T.signal.addEventListener("abort",()=>{A(T.signal.reason)});let _=0,N=new p({next(H){try{f(H,_)}catch(z){A(z),S.abort(z)}_+=1},error(H){A(H)},complete(){q()}});return h(this,N,T),b}every(f,m={}){if(!(this instanceof v))throw new TypeError("illegal invocation");if(typeof f!="function")throw new TypeError("Parameter 1 is not of type 'Function'");let{promise:b,resolve:q,reject:A}=e(),S=new He,T={signal:c([S.signal,m.signal])};if(T.signal.aborted)return A(T.signal.reason),b;T.signal.addEventListener("abort",()=>{A(T.signal.reason)});let _=0,N=new p({next(H){let z=!1;try{z=f(H,_)}catch(F){A(F),S.abort(F)}_+=1,z||(q(!1),S.abort())},error(H){A(H)},complete(){q(!0)}});return h(this,N,T),b}first(f={}){if(!(this instanceof v))throw new TypeError("illegal invocation");let{promise:m,resolve:b,reject:q}=e(),A=new He,S={signal:c([A.signal,f.signal])};if(S.signal.aborted)return q(S.signal.reason),m;S.signal.addEventListener("abort",()=>{q(S.signal.reason)});let T=new p({next(_){b(_),A.abort()},error(_){q(_)},complete(){q(new RangeError("No values in Observable"))}});return h(this,T,S),m}last(f={}){if(!(this instanceof v))throw new TypeError("illegal invocation");let{promise:m,resolve:b,reject:q}=e();if(f.signal){if(f.signal.aborted)return q(f.signal.reason),m;f.signal.addEventListener("abort",()=>{q(f.signal.reason)})}let A=null,S=!1,T=new p({next(_){S=!0,A=_},error(_){q(_)},complete(){S?b(A):q(new RangeError("No values in Observable"))}});return h(this,T,f),m}find(f,m={}){if(!(this instanceof v))throw new TypeError("illegal invocation");if(typeof f!="function")throw new TypeError("Parameter 1 is not of type 'Function'");let{promise:b,resolve:q,reject:A}=e(),S=new He,T={signal:c([S.signal,m.signal])};if(T.signal.aborted)return A(T.signal.reason),b;T.signal.addEventListener("abort",()=>{A(T.signal.reason)});let _=0,N=new p({next(H){let z=!1;try{z=f(H,_)}catch(F){A(F),S.abort(F)}_+=1,z&&(q(H),S.abort())},error(H){A(H)},complete(){q()}});return h(this,N,T),b}some(f,m={}){if(!(this instanceof v))throw new TypeError("illegal invocation");if(typeof f!="function")throw new TypeError("Parameter 1 is not of type 'Function'");let{promise:b,resolve:q,reject:A}=e(),S=new He,T={signal:c([S.signal,m.signal])};if(T.signal.aborted)return A(T.signal.reason),b;T.signal.addEventListener("abort",()=>{A(T.signal.reason)});let _=0,N=new p({next(H){let z=!1;try{z=f(H,_)}catch(F){A(F),S.abort(F)}_+=1,z&&(q(!0),S.abort())},error(H){A(H)},complete(){q(!1)}});return h(this,N,T),b}reduce(f,m,b={}){if(!(this instanceof v))throw new TypeError("illegal invocation");if(typeof f!="function")throw new TypeError("Parameter 1 is not of type 'Function'");let{promise:q,resolve:A,reject:S}=e(),T=new He,_={signal:c([T.signal,b.signal])};if(_.signal.aborted)return S(_.signal.reason),q;_.signal.addEventListener("abort",()=>{S(_.signal.reason)},{once:!0});let N=0,H=arguments.length>1?m:ws,z=new p({next(F){if(H===ws){H=F,N++;return}try{let le=f(H,F,N);N++,H=le}catch(le){S(le),T.abort(le);return}},error(F){S(F)},complete(){H!==ws?A(H):S(new TypeError("no initial value provided and no values emitted"))}});return h(this,z,_),q}}return s(v.prototype,"subscribe"),[v,y]})();function Oc(){return typeof globalThis.Observable=="function"}function Hc(){Object.defineProperties(globalThis,{Observable:{value:Nc,configurable:!0,writable:!0},Subscriber:{value:wp,configurable:!0,writable:!0}}),EventTarget.prototype.when=function(s,r={}){if(Gt()&&!ft(document))return;let e=this;return new Nc(t=>{if(!e||t.signal.aborted)return;let i=n=>{t.next(n)};e.addEventListener(s,i,{capture:r.capture||!1,passive:r.passive,once:!1,signal:t.signal})})}}function Cs(s,r,e){let t=s.filter(i=>!i.hasAttribute("disabled"));for(let i of t){let n=i.getBoundingClientRect();if(r>=n.left&&r<=n.right&&e>=n.top&&e<=n.bottom)return i}return null}function Fc(s,r,e,t){if(!t)return null;let i=s.filter(o=>!o.hasAttribute("disabled")),n=t.getBoundingClientRect();for(let o of i){let a=o.getBoundingClientRect();if(!(n.right<a.left||n.left>a.right||n.bottom<a.top||n.top>a.bottom))return o}return null}function Uc(s,r,e,t){let i=s.filter(c=>!c.hasAttribute("disabled"));if(i.length===0)return null;let n,o;if(t){let c=t.getBoundingClientRect();n=c.left+c.width/2,o=c.top+c.height/2}else n=r,o=e;let a=null,l=1/0;for(let c of i){let p=c.getBoundingClientRect(),u=p.left+p.width/2,h=p.top+p.height/2,y=Math.sqrt(Math.pow(n-u,2)+Math.pow(o-h,2));y<l&&(l=y,a=c)}return a}function Bc(s,r,e,t){let i=s.filter(l=>!l.hasAttribute("disabled"));if(i.length===0)return null;let n;if(t){let l=t.getBoundingClientRect();n=[{x:l.left,y:l.top},{x:l.right,y:l.top},{x:l.left,y:l.bottom},{x:l.right,y:l.bottom}]}else n=[{x:r,y:e},{x:r,y:e},{x:r,y:e},{x:r,y:e}];let o=null,a=1/0;for(let l of i){let c=l.getBoundingClientRect(),p=[{x:c.left,y:c.top},{x:c.right,y:c.top},{x:c.left,y:c.bottom},{x:c.right,y:c.bottom}],u=0,h=0;for(let v of n)for(let w of p){let f=Math.sqrt(Math.pow(v.x-w.x,2)+Math.pow(v.y-w.y,2));u+=f,h++}let y=u/h;y<a&&(a=y,o=l)}return o}function Cp(s,r,e,t,i){let n=i&&i.length>0?s.filter(m=>i.includes(m)):s.filter(m=>m.tagName==="SLOT"&&m.hasAttribute("part")&&m.getAttribute("part")?.includes("drags")),a=s.filter(m=>!n.includes(m));if(n.length===0&&a.length===0)return null;let l;if(t){let m=t.getBoundingClientRect();l=[{x:m.left,y:m.top},{x:m.right,y:m.top},{x:m.left,y:m.bottom},{x:m.right,y:m.bottom}]}else l=[{x:r,y:e},{x:r,y:e},{x:r,y:e},{x:r,y:e}];let c=m=>{let b=m.getBoundingClientRect(),q=[{x:b.left,y:b.top},{x:b.right,y:b.top},{x:b.left,y:b.bottom},{x:b.right,y:b.bottom}],A=0,S=0;for(let T of l)for(let _ of q){let N=Math.sqrt(Math.pow(T.x-_.x,2)+Math.pow(T.y-_.y,2));A+=N,S++}return A/S},p=null,u=1/0;for(let m of n){let b=c(m);b<u&&(u=b,p=m)}let h=null,y=1/0;for(let m of a){let b=c(m);b<y&&(y=b,h=m)}if(p&&t){let m=t.getBoundingClientRect(),b=p.getBoundingClientRect(),q=m.left+m.width/2,A=m.top+m.height/2;if(q>=b.left&&q<=b.right&&A>=b.top&&A<=b.bottom)return p}let w=t?.getAttribute("data-drag-origin")==="droppable"?.85:1.5;return p&&h?u<=y*w?p:h:p||h}function zc(s){switch(s){case"pointerWithin":return Cs;case"rectangleIntersection":return Fc;case"closestCenter":return Uc;case"closestCorners":return Bc;case"closestCornersWithInventoryPriority":return Cp;default:return Cs}}function Ir(s,r,e,t,i="pointerWithin",n){return zc(i)(s,r,e,t,n)}function gt(s,r){let e=s.composedPath?s.composedPath():[s.target];for(let t of e)if(t instanceof HTMLElement&&t.tagName!=="SLOT"){if(t.matches(r)||t.hasAttribute("qti-draggable"))return t;let i=t.closest(r)||t.closest('[qti-draggable="true"]');if(i)return i}return null}function io(s,r){let e=[];return s.forEach(t=>{let i=[];t.tagName.toLowerCase()==="slot"?i=t.assignedElements({flatten:!0}).filter(a=>a.getAttribute("identifier")===r):i=Array.from(t.querySelectorAll(`[identifier="${r}"]`)),e.push(...i)}),e}function jc(s,r){let e=s.find(i=>i.getAttribute("identifier")===r);if(!e)return 1;let t=e.getAttribute("match-max");return t?parseInt(t,10)||0:1}function Wc(s,r){let e=parseInt(s.getAttribute("match-max")||"1",10),t=Number.isNaN(e)?1:e;if(t===0)return!1;let i=s.querySelectorAll(r),n=s.querySelectorAll('[qti-draggable="true"]');return Math.max(i.length,n.length)>=t}function Fi(s,r){return s.reduce((e,t)=>{let i=t.querySelectorAll(r).length,n=t.querySelectorAll('[qti-draggable="true"]').length;return e+Math.max(i,n)},0)}function no(s,r){return s.map(e=>{let i=Array.from(e.querySelectorAll(r)).map(o=>o.getAttribute("identifier")).filter(o=>!!o),n=e.getAttribute("identifier");return i.map(o=>`${o} ${n}`)}).flat()}function Gc(s,r,e,t=typeof window<"u"?window:null){if(!s.length||!r.length||!t)return;let i=0,n=0;s.forEach(c=>{let p=c.getBoundingClientRect();i=Math.max(i,p.height),n=Math.max(n,p.width)});let o=r[0].parentElement,a=r[0].tagName==="QTI-SIMPLE-ASSOCIABLE-CHOICE",l=r[0].tagName==="QTI-GAP";if(a&&o){let c;if(o.clientWidth>0){let p=t.getComputedStyle(o),u=parseFloat(p.paddingLeft),h=parseFloat(p.paddingRight);c=o.clientWidth-u-h}else c=Math.min(t.innerWidth*.8,600);o.style.gridTemplateColumns=`repeat(auto-fit, minmax(calc(min(${c}px, ${n}px + 2 * var(--qti-dropzone-padding, 0.5rem))), 1fr))`}r.forEach(c=>{c.style.minHeight=`${i}px`,(a||l)&&(c.style.minWidth=`${n}px`);let p=c.shadowRoot?.querySelector('slot[part="dropslot"]');p&&(p.style.minHeight=`${i}px`)}),e.forEach(c=>{c.style.minHeight=`${i}px`})}Oc()||Hc();var Xc=new WeakSet;function Ep(s){!s||Xc.has(s)||(s.addEventListener("touchmove",()=>{},{capture:!1,passive:!1}),Xc.add(s))}var oo=(s,r,e,t='slot[part="drags"]',i="pointerWithin")=>{class n extends s{constructor(){super(...arguments);this.trackedDraggables=[];this.trackedDroppables=[];this.trackedDragContainers=[];this.allDropzones=[];this.collisionDetectionAlgorithm=i;this.dragState={dragging:!1,dragSource:null,dragClone:null,startOffset:{x:0,y:0},currentTarget:null,sourceDroppable:null,inputType:null};this.subscriptions=[];this.dragSubscriptions=[];this.lastPointerDownAt=0;this.lastTouchStartAt=0}connectedCallback(){super.connectedCallback(),Ep(this.ownerDocument?.defaultView),this.setupDragDrop()}disconnectedCallback(){super.disconnectedCallback(),this.cleanup()}async setupDragDrop(){await this.updateComplete,this.cacheInteractiveElements(),this.afterCache(),this.setupDragObservables()}afterCache(){}cacheInteractiveElements(){let l=(m,b)=>Array.from(b?.querySelectorAll(m)??[]),c=l(r,this),p=l(r,this.shadowRoot),u=l('[qti-draggable="true"]:not([data-drag-clone])',this),h=l('[qti-draggable="true"]:not([data-drag-clone])',this.shadowRoot);this.trackedDraggables=Array.from(new Set([...c,...p,...u,...h]));let y=l(e,this),v=l(e,this.shadowRoot);this.trackedDroppables=Array.from(new Set([...y,...v]));let w=l(t,this),f=l(t,this.shadowRoot);this.trackedDragContainers=Array.from(new Set([...w,...f])),this.allDropzones=[...this.trackedDroppables,...this.trackedDragContainers],this.trackedDraggables.forEach(m=>{m.style.cursor="grab",m.style.userSelect="none",m.style.touchAction="none",m.style.webkitUserSelect="none",m.style.webkitTouchCallout="none",m.setAttribute("qti-draggable","true"),m.setAttribute("tabindex","0")})}setupDragObservables(){let l=this.shadowRoot;if(!l){console.error("\u274C [Observable DnD] No shadow root found!");return}let c=l.when("pointerdown").filter(v=>{if(!v.isTrusted)return!1;let w=gt(v,r),f=this.disabled||this.readonly,m=w?.hasAttribute("disabled")||w?.getAttribute("aria-disabled")==="true",b=Date.now()-this.lastTouchStartAt<50;return w&&v.isPrimary!==!1&&v.button===0&&!f&&!m&&!b}).subscribe(v=>{this.lastPointerDownAt=Date.now();let w=gt(v,r);if(!w){console.warn("\u26A0\uFE0F [Observable DnD] No draggable target found");return}v.pointerType==="touch"&&(v.preventDefault(),v.stopPropagation());let f=v.isTrusted?v.pointerType==="touch"?100:10:0;if(this.dragState.activationTimeout&&clearTimeout(this.dragState.activationTimeout),f===0){this.dragState.dragging||this.initiateDrag(w,v.clientX,v.clientY,v.pointerType,"pointer",v.pointerId,v.isTrusted);return}let m=()=>{this.dragState.activationTimeout&&(clearTimeout(this.dragState.activationTimeout),this.dragState.activationTimeout=void 0),document.removeEventListener("pointerup",m,!0),document.removeEventListener("pointercancel",m,!0)};document.addEventListener("pointerup",m,{once:!0,capture:!0}),document.addEventListener("pointercancel",m,{once:!0,capture:!0}),this.dragState.activationTimeout=window.setTimeout(()=>{this.dragState.activationTimeout=void 0,document.removeEventListener("pointerup",m,!0),document.removeEventListener("pointercancel",m,!0),this.dragState.dragging||this.initiateDrag(w,v.clientX,v.clientY,v.pointerType,"pointer",v.pointerId,v.isTrusted)},f)}),p=l.when("mousedown").filter(v=>{let w=gt(v,r),f=this.disabled||this.readonly,m=w?.hasAttribute("disabled")||w?.getAttribute("aria-disabled")==="true",b=v.button===0,q=Date.now()-this.lastPointerDownAt<50;return w&&b&&!f&&!m&&!q}).subscribe(v=>{let w=gt(v,r);!w||this.dragState.dragging||(v.preventDefault(),this.initiateDrag(w,v.clientX,v.clientY,"mouse","mouse",void 0,v.isTrusted))}),u=l.when("touchstart").filter(v=>{let w=gt(v,r),f=this.disabled||this.readonly,m=w?.hasAttribute("disabled")||w?.getAttribute("aria-disabled")==="true",b=!!(v.touches?.[0]||v.changedTouches?.[0]),q=Date.now()-this.lastPointerDownAt<50;return w&&b&&!f&&!m&&!q}).subscribe(v=>{let w=gt(v,r),f=v.touches?.[0]||v.changedTouches?.[0];!w||!f||this.dragState.dragging||(this.lastTouchStartAt=Date.now(),v.preventDefault(),v.stopPropagation(),this.initiateDrag(w,f.clientX,f.clientY,"touch","touch",void 0,v.isTrusted))}),h={dragging:!1,dragElement:null,dragIndex:0,dropIndex:0,dropElement:null},y=l.when("keydown").subscribe(v=>{let w=this.trackedDraggables.filter(m=>m.style.opacity!=="0"),f=[...this.trackedDroppables,...this.trackedDragContainers];if(h.dragging)switch(v.code){case"ArrowRight":case"ArrowDown":{v.preventDefault();let m=(h.dropIndex+1)%f.length;h={...h,dropIndex:m,dropElement:f[m]};break}case"ArrowLeft":case"ArrowUp":{v.preventDefault();let m=(h.dropIndex-1+f.length)%f.length;h={...h,dropIndex:m,dropElement:f[m]};break}case"Space":case"Enter":case"Tab":{v.preventDefault(),h.dragElement&&h.dropElement&&(this.allowDrop(h.dragElement,h.dropElement)||this.trackedDragContainers.includes(h.dropElement)?this.handleDrop(h.dragElement,h.dropElement):this.handleInvalidDrop(h.dragElement)),this.trackedDraggables.forEach(m=>m.removeAttribute("data-keyboard-dragging")),this.saveResponse(),h={dragging:!1,dragElement:null,dragIndex:0,dropIndex:0,dropElement:null};break}case"Escape":{v.preventDefault(),this.trackedDraggables.forEach(m=>m.removeAttribute("data-keyboard-dragging")),h={dragging:!1,dragElement:null,dragIndex:0,dropIndex:0,dropElement:null};break}}else{let m=gt(v,r),b=this.disabled||this.readonly,q=m?.hasAttribute("disabled")||m?.getAttribute("aria-disabled")==="true";m&&["Space","Enter"].includes(v.code)&&!b&&!q&&(v.preventDefault(),m.setAttribute("data-keyboard-dragging","true"),h={dragging:!0,dragElement:m,dragIndex:w.indexOf(m),dropIndex:0,dropElement:f[0]})}this.allDropzones.forEach(m=>m.removeAttribute("hover")),h.dragging&&h.dropElement&&(h.dropElement.setAttribute("hover",""),h.dropElement.hasAttribute("tabindex")&&h.dropElement.getAttribute("tabindex")!=="-1"&&h.dropElement.focus())});this.subscriptions.push(c,p,u,y)}initiateDrag(l,c,p,u,h="pointer",y,v){if(this.dragState.dragging){console.warn("\u26A0\uFE0F [Observable DnD] Already dragging, ignoring initiateDrag");return}if(l.hasAttribute("data-drag-clone")){console.warn("\u26A0\uFE0F [Observable DnD] Attempted to drag visual clone, ignoring");return}let w=this.trackedDroppables.some(b=>b.contains(l)),f=this.trackedDroppables.find(b=>b.contains(l))||null,m=l.getBoundingClientRect();this.dragState={dragging:!0,dragSource:l,dragClone:this.createDragClone(l,m),startOffset:{x:c-m.left,y:p-m.top},currentTarget:null,sourceDroppable:f,inputType:u,pointerId:y,startedFromTrustedEvent:v,initialCoordinates:{x:c,y:p}},w?(this.dragState.dragClone?.setAttribute("data-drag-origin","droppable"),l.remove(),this.cacheInteractiveElements(),f&&f.setAttribute("data-drag-source","true")):(this.dragState.dragClone?.setAttribute("data-drag-origin","inventory"),l.style.opacity="0",l.style.pointerEvents="none"),this.updateClonePosition(c,p),this.activateAllDroppables(),this.setupMoveObservables(u,h)}setupMoveObservables(l,c="pointer"){if(l==="touch"){if(c==="pointer")try{let A=this.dragState.dragSource,S=this.dragState.pointerId;A&&S!==void 0&&A.setPointerCapture&&A.setPointerCapture(S)}catch{}let b=A=>{A.cancelable&&(A.preventDefault(),c==="pointer"&&A.stopPropagation())};document.addEventListener("touchmove",b,{passive:!1,capture:!0}),document.addEventListener("touchstart",b,{passive:!1,capture:!0}),document.addEventListener("touchend",b,{passive:!1,capture:!0}),document.addEventListener("gesturestart",b,{passive:!1}),document.addEventListener("gesturechange",b,{passive:!1}),document.addEventListener("gestureend",b,{passive:!1});let q=()=>{if(document.removeEventListener("touchmove",b,{capture:!0}),document.removeEventListener("touchstart",b,{capture:!0}),document.removeEventListener("touchend",b,{capture:!0}),document.removeEventListener("gesturestart",b),document.removeEventListener("gesturechange",b),document.removeEventListener("gestureend",b),c==="pointer")try{let A=this.dragState.dragSource,S=this.dragState.pointerId;A&&S!==void 0&&A.releasePointerCapture&&A.releasePointerCapture(S)}catch{}};this.dragState.touchCleanup=q}let p=c==="mouse"?"mousemove":c==="touch"?"touchmove":"pointermove",u=c==="mouse"?"mouseup":c==="touch"?"touchend":"pointerup",h=b=>{let q=this.dragState.startedFromTrustedEvent;return q===void 0||b.isTrusted===q},y=document.when(p).takeUntil(document.when(u)).subscribe({next:b=>{if(h(b)){if(b.preventDefault(),b.stopPropagation(),c==="touch"){let q=b.touches?.[0]||b.changedTouches?.[0];if(!q)return;this.handleDragMove(q.clientX,q.clientY);return}if(c==="mouse"){let q=b;if(typeof q.buttons=="number"&&(q.buttons&1)!==1)return}this.handleDragMove(b.clientX,b.clientY)}}}),v=document.when(u).subscribe({next:b=>{h(b)&&(b.preventDefault(),b.stopPropagation(),this.handleDragEnd())}}),w=c==="touch"?document.when("touchcancel").subscribe({next:b=>{h(b)&&this.handleDragEnd()}}):c==="mouse"?null:document.when("pointercancel").subscribe({next:b=>{h(b)&&this.handleDragEnd()}}),f=document.when("keydown").filter(b=>b.key==="Escape").subscribe({next:b=>{h(b)&&this.handleDragEnd()}}),m=[y,v,f];w&&m.push(w),this.dragSubscriptions.push(...m)}handleDragMove(l,c){if(!this.dragState.dragging||!this.dragState.dragClone)return;this.updateClonePosition(l,c);let p=Ir(this.allDropzones,l,c,this.dragState.dragClone,this.collisionDetectionAlgorithm,this.trackedDragContainers),u=Date.now(),h=u-(this.dragState.lastTargetChangeTime||0);p!==this.dragState.currentTarget&&(p===null||h>=50)&&(this.allDropzones.forEach(v=>v.removeAttribute("hover")),p&&p.setAttribute("hover",""),this.dragState.currentTarget=p,this.dragState.lastTargetChangeTime=u)}handleDragEnd(){if(!this.dragState.dragging)return;let{dragSource:l,dragClone:c,currentTarget:p,sourceDroppable:u}=this.dragState,h=p;if(!h&&c){let f=c.getBoundingClientRect(),m=this.dragState.initialCoordinates?.x??f.left+f.width/2,b=this.dragState.initialCoordinates?.y??f.top+f.height/2;h=Ir(this.allDropzones,m,b,c,this.collisionDetectionAlgorithm,this.trackedDragContainers)}let y=h?.hasAttribute("disabled")&&h.hasAttribute("data-drag-source");!!l&&!!h&&this.allowDrop(l,h)&&(!h.hasAttribute("disabled")||y)&&l&&h?this.handleDrop(l,h):this.handleInvalidDrop(l),c&&c.remove(),this.dragState.touchCleanup&&this.dragState.touchCleanup(),this.resetDragState(),this.deactivateAllDroppables(),this.saveResponse(),u&&u.removeAttribute("data-drag-source"),this.cacheInteractiveElements();let w=this.checkAllMaxAssociations;typeof w=="function"&&w.call(this)}allowDrop(l,c){return this.trackedDroppables.includes(c)||this.trackedDragContainers.includes(c)}handleInvalidDrop(l){l&&(l.style.opacity="1.0",l.style.pointerEvents="auto")}createDragClone(l,c){let p=l.cloneNode(!0),u=window.getComputedStyle(l);for(let h=0;h<u.length;h++){let y=u[h];p.style.setProperty(y,u.getPropertyValue(y))}return p.style.position="fixed",p.style.width=`${c.width}px`,p.style.height=`${c.height}px`,p.style.zIndex="9999",p.style.pointerEvents="none",p.style.touchAction="none",p.style.userSelect="none",p.style.opacity="0.8",p.removeAttribute("qti-draggable"),p.removeAttribute("tabindex"),p.setAttribute("data-drag-clone","true"),document.body.appendChild(p),p}updateClonePosition(l,c){if(!this.dragState.dragClone)return;let{startOffset:p}=this.dragState,u=l-p.x,h=c-p.y;this.dragState.dragClone.style.left=`${u}px`,this.dragState.dragClone.style.top=`${h}px`}activateAllDroppables(){this.setInternalsState("--dragzone-enabled",!0),this.setInternalsState("--dragzone-active",!0),this.allDropzones.forEach(l=>{l.setAttribute("enabled",""),l.setAttribute("active","")})}deactivateAllDroppables(){this.setInternalsState("--dragzone-enabled",!1),this.setInternalsState("--dragzone-active",!1),this.allDropzones.forEach(l=>{l.removeAttribute("enabled"),l.removeAttribute("active"),l.removeAttribute("hover")})}resetDragState(){if(this.dragState.activationTimeout&&clearTimeout(this.dragState.activationTimeout),this.dragState.touchCleanup)try{this.dragState.touchCleanup()}catch(l){console.warn("\u26A0\uFE0F [Observable DnD] Error during touch cleanup:",l)}this.dragSubscriptions.forEach(l=>{try{l&&typeof l.unsubscribe=="function"&&l.unsubscribe()}catch(c){console.warn("\u26A0\uFE0F [Observable DnD] Error unsubscribing:",c)}}),this.dragSubscriptions=[],this.dragState={dragging:!1,dragSource:null,dragClone:null,startOffset:{x:0,y:0},currentTarget:null,sourceDroppable:null,inputType:null,pointerId:void 0,startedFromTrustedEvent:void 0,touchCleanup:void 0}}setInternalsState(l,c){let p=this._internals;p?.states&&(c?p.states.add(l):p.states.delete(l))}cleanup(){this.subscriptions.forEach(l=>{try{l.unsubscribe()}catch{}}),this.subscriptions=[],this.dragState.dragClone&&this.dragState.dragClone.remove(),this.resetDragState()}}return n};var Qc={duration:250,easing:"ease",fill:"both"};function Es(s){let r=s.getBoundingClientRect();return{left:r.left,top:r.top,width:r.width,height:r.height}}function bt(s){let r=new Map;return s.forEach(e=>{r.set(e,Es(e))}),r}function Yc(s,r){return{deltaX:s.left-r.left,deltaY:s.top-r.top,deltaW:s.width/r.width,deltaH:s.height/r.height}}function Jc(s,r,e={}){let t=Es(s),{deltaX:i,deltaY:n,deltaW:o,deltaH:a}=Yc(r,t);if(i===0&&n===0&&o===1&&a===1)return null;let{duration:l,easing:c,fill:p}={...Qc,...e};return s.animate([{transformOrigin:"top left",transform:`translate(${i}px, ${n}px) scale(${o}, ${a})`},{transformOrigin:"top left",transform:"none"}],{duration:l,easing:c,fill:p})}function vt(s,r={}){let e=new Map;return s.forEach((t,i)=>{if(!(i instanceof HTMLElement))return;let n=Jc(i,t,r);n&&e.set(i,n)}),e}var Ae=(s,r,e,t='slot[part="drags"]',i="closestCornersWithInventoryPriority")=>{let n=oo(s,r,e,t,i);class o extends n{constructor(){super(...arguments);this.configuration={copyStylesDragClone:!0,dragCanBePlacedBack:!0,dragOnClick:!1};this.minAssociations=1;this._maxAssociations=0;this._maxAssociationsDefaultApplied=!1;this._response=[];this._dropBlockedDueToMax=!1;this.flipAnimationConfig={duration:200,easing:"ease"};this._enableFlipAnimations=!0;this.autoSizeDropzones=!1}get maxAssociations(){if(!this._maxAssociationsDefaultApplied){this._maxAssociationsDefaultApplied=!0;let c=this.tagName?.toLowerCase()||"";(c==="qti-graphic-gap-match-interaction"||c==="qti-gap-match-interaction")&&!this.hasAttribute("max-associations")&&this._maxAssociations===0&&(this._maxAssociations=1)}return this._maxAssociations}set maxAssociations(c){let p=this._maxAssociations;this._maxAssociations=c,this.requestUpdate("maxAssociations",p)}set disableAnimations(c){this._enableFlipAnimations=!c}get disableAnimations(){return!this._enableFlipAnimations}get enableFlipAnimations(){return this._enableFlipAnimations}get response(){let c=this.getResponse,p=typeof c=="function"?c.call(this):void 0;return(Array.isArray(p)?p:(this.cacheInteractiveElements(),no(this.trackedDroppables,r))).join(",")}set response(c){if(Array.isArray(c)){let p=this.getValue,u=typeof p=="function"?p.call(this,c):c,h=Array.isArray(u)?u:typeof u=="string"&&u.length>0?[u]:[];this.reset(!1),h.forEach(w=>this.placeResponse(w));let y=this.getResponse,v=typeof y=="function"?y.call(this):void 0;this._response=Array.isArray(v)?v:(this.cacheInteractiveElements(),no(this.trackedDroppables,r))}else this._response=typeof c=="string"&&c.length>0?[c]:[];this._internals.setFormValue(JSON.stringify(this._response))}afterCache(){this.applyConfiguredChoicesContainerWidth(),this.updateMinDimensionsForDropZones()}applyConfiguredChoicesContainerWidth(){let c=this.dataset.choicesContainerWidth;c&&this.trackedDroppables.forEach(p=>{p.style.width=`${c}px`,p.style.boxSizing="border-box"})}shouldTreatBlockedMaxAsInvalid(){return!0}shouldReturnToInventoryOnInventoryDrop(){return!1}getFirstMessageAttribute(c){for(let u of c){let h=this.getAttribute(u);if(h&&h.trim().length>0)return h}let p=c.map(u=>u.toLowerCase());for(let u of Array.from(this.attributes))if(p.includes(u.name.toLowerCase())&&u.value.trim().length>0)return u.value;return null}allowDrop(c,p){if(this.trackedDragContainers.includes(p))return!0;let u=this.trackedDroppables.includes(p),h=p.hasAttribute("disabled"),y=p.hasAttribute("data-drag-source");return u&&(!h||y)}handleDrop(c,p){let u=this.dragState.dragClone?.getBoundingClientRect();this.dropDraggableInDroppable(c,p,u);let h=c.getAttribute("identifier");h&&this.updateInventoryBasedOnMatchMax(h);let y=Fi(this.trackedDroppables,r);this.maxAssociations>0&&y>this.maxAssociations&&(this._dropBlockedDueToMax=!0,this.validate(),this.reportValidity())}handleInvalidDrop(c){let p=this.dragState.sourceDroppable,u=this.dragState.currentTarget,h=!u,y=this.trackedDragContainers[0]||null;if(!c)return;p&&h&&y&&this.configuration.dragCanBePlacedBack!==!1?this.dropDraggableInDroppable(c,y):p&&this.trackedDroppables.includes(p)?this.dropDraggableInDroppable(c,p):c.style.opacity==="0"&&(this.restoreInventoryItem(c),this.cacheInteractiveElements(),this.checkAllMaxAssociations());let v=Fi(this.trackedDroppables,r),w=this.maxAssociations>0&&v>=this.maxAssociations,f=!!u&&u.hasAttribute("disabled")&&!u.hasAttribute("data-drag-source");this._dropBlockedDueToMax=f&&w,this.validate(),this.reportValidity()}updateMinDimensionsForDropZones(){this.trackedDraggables.length!==0&&Gc(this.trackedDraggables,this.trackedDroppables,this.trackedDragContainers)}restoreInventoryItem(c){c.style.opacity="1.0",c.style.display="",c.style.position="",c.style.pointerEvents="auto"}placeResponse(c){let[p,...u]=c.split(" ").reverse(),h=this.trackedDroppables.find(y=>y.getAttribute("identifier")===p);h&&u.forEach(y=>{if(!y)return;let w=io(this.trackedDragContainers,y).at(0)||this.trackedDraggables.find(f=>f.getAttribute("identifier")===y);w&&this.dropDraggableInDroppable(w,h)})}dropDraggableInDroppable(c,p,u){if(this.trackedDragContainers.includes(p)){if(!this.dragState.sourceDroppable){if(this.shouldReturnToInventoryOnInventoryDrop()){this.returnToInventory(c),this._dropBlockedDueToMax=!1,this.validate();return}this.restoreInventoryItem(c),this.cacheInteractiveElements(),this.checkAllMaxAssociations(),this._dropBlockedDueToMax=!1,this.validate();return}let A=c.getAttribute("identifier");c.remove(),A&&this.restoreOriginalInInventory(A),this.cacheInteractiveElements(),this.checkAllMaxAssociations(),this._dropBlockedDueToMax=!1,this.validate();return}let y=parseInt(p.getAttribute("match-max")||"1",10),v=Number.isNaN(y)?1:y,w=v===0||v>1,f=Array.from(p.querySelectorAll('[qti-draggable="true"]')),m=this.enableFlipAnimations&&f.length>0?bt(f):null;if(!w){let A=p.querySelector(r)||p.querySelector('[qti-draggable="true"]');if(A){let S=A.getAttribute("identifier");A.remove(),S&&this.restoreOriginalInInventory(S)}}let b=c.cloneNode(!0);b.removeAttribute("style"),b.removeAttribute("data-keyboard-dragging"),b.setAttribute("qti-draggable","true"),b.setAttribute("tabindex","0"),p.tagName==="SLOT"?b.setAttribute("slot",p.getAttribute("name")||""):p.tagName==="QTI-SIMPLE-ASSOCIABLE-CHOICE"?(b.setAttribute("slot","qti-simple-associable-choice"),p.appendChild(b),p.setAttribute("data-has-drop","true")):p.appendChild(b),m&&this.enableFlipAnimations&&vt(m,this.flipAnimationConfig),u&&this.enableFlipAnimations&&requestAnimationFrame(()=>{let A=b.getBoundingClientRect(),S=u.left-A.left,T=u.top-A.top;(S!==0||T!==0)&&b.animate([{transform:`translate(${S}px, ${T}px)`,opacity:.8},{transform:"translate(0, 0)",opacity:1}],{duration:this.flipAnimationConfig.duration||200,easing:this.flipAnimationConfig.easing||"ease",fill:"both"})});let q=c.getAttribute("identifier");q&&this.updateInventoryBasedOnMatchMax(q),this.cacheInteractiveElements(),this.checkAllMaxAssociations()}returnToInventory(c){let p=c.getAttribute("identifier");p&&(this.trackedDroppables.forEach(u=>{Array.from(u.querySelectorAll(`[identifier="${p}"][qti-draggable="true"]`)).forEach(y=>{y.remove(),u.tagName==="QTI-SIMPLE-ASSOCIABLE-CHOICE"&&u.removeAttribute("data-has-drop")})}),this.restoreOriginalInInventory(p)),this.cacheInteractiveElements(),this.checkAllMaxAssociations()}restoreOriginalInInventory(c){let p=io(this.trackedDragContainers,c),u=[];this.trackedDragContainers.forEach(y=>{u.push(...Array.from(y.querySelectorAll('[qti-draggable="true"]')))});let h=this.enableFlipAnimations&&u.length>0?bt(u):null;p.forEach(y=>{y.style.opacity="1.0",y.style.pointerEvents="auto",y.style.display="",y.style.visibility="visible",y.style.setProperty("opacity","1.0","important"),y.style.setProperty("pointer-events","auto","important")}),h&&this.enableFlipAnimations&&vt(h,this.flipAnimationConfig)}updateInventoryBasedOnMatchMax(c){let p=io(this.trackedDragContainers,c),u=jc(this.trackedDraggables,c),h=this.trackedDroppables.reduce((y,v)=>{let w=v.querySelectorAll(`[identifier="${c}"]`);return y+w.length},0);p.forEach(y=>{u!==0&&h>=u?(y.style.opacity="0.0",y.style.pointerEvents="none"):(y.style.opacity="1.0",y.style.pointerEvents="auto")})}checkAllMaxAssociations(){let c=Fi(this.trackedDroppables,r),p=this.maxAssociations>0&&c>=this.maxAssociations;this.trackedDroppables.forEach(u=>{let h=u.hasAttribute("data-drag-source"),y=Wc(u,r);(p||y)&&!h?u.setAttribute("disabled",""):u.removeAttribute("disabled")})}saveResponse(c){let p=this.getResponse,u=c??(typeof p=="function"?p.call(this):void 0),h=Array.isArray(u)?u:typeof u=="string"?[u]:(this.cacheInteractiveElements(),no(this.trackedDroppables,r));this._response=h,this._internals.setFormValue(JSON.stringify(this._response)),this.dispatchEvent(new CustomEvent("qti-interaction-response",{bubbles:!0,composed:!0,detail:{responseIdentifier:this.responseIdentifier,response:h}})),this.requestUpdate()}reset(c=!0){this.trackedDroppables.forEach(p=>{Array.from(p.querySelectorAll(r)).forEach(h=>h.remove()),p.tagName==="QTI-SIMPLE-ASSOCIABLE-CHOICE"&&p.removeAttribute("data-has-drop")}),this.trackedDraggables.forEach(p=>{let u=p.getAttribute("identifier");u&&this.restoreOriginalInInventory(u)}),this.resetDragState(),this.cacheInteractiveElements(),this._response=[],this._internals.setFormValue(JSON.stringify(this._response)),c&&this.saveResponse()}validate(){let c=Fi(this.trackedDroppables,r),p=this.maxAssociations>0&&c>=this.maxAssociations,u=this.maxAssociations>0&&c>this.maxAssociations,h=this.minAssociations>0&&c<this.minAssociations,y="",v=!0;u?(y=this.getFirstMessageAttribute(["data-max-associations-message","data-max-selections-message"])||this.dataset.maxAssociationsMessage||this.dataset.maxSelectionsMessage||`You've selected too many associations. Maximum allowed is ${this.maxAssociations}.`,v=!1):p&&this._dropBlockedDueToMax&&this.shouldTreatBlockedMaxAsInvalid()?(y=this.getFirstMessageAttribute(["data-max-associations-message","data-max-selections-message"])||this.dataset.maxAssociationsMessage||this.dataset.maxSelectionsMessage||`You've selected too many associations. Maximum allowed is ${this.maxAssociations}.`,v=!1):h?(y=this.getFirstMessageAttribute(["data-min-associations-message","data-min-selections-message"])||this.dataset.minAssociationsMessage||this.dataset.minSelectionsMessage||`Please select at least ${this.minAssociations} ${this.minAssociations===1?"association":"associations"}.`,v=!1,this._dropBlockedDueToMax=!1):this._dropBlockedDueToMax=!1;let w=this.trackedDroppables[0]??this.trackedDraggables[0]??this;return this._internals.setValidity(v?{}:{customError:!0},y,w),v}reportValidity(){let c=this._internals.reportValidity(),p=this.shadowRoot?.querySelector("#validation-message");return p&&(c?(p.textContent="",p.style.display="none"):(p.textContent=this._internals.validationMessage,p.style.setProperty("display","block","important"))),c}}return d([g({attribute:!1,type:Object})],o.prototype,"configuration",2),d([g({type:Number,reflect:!0,attribute:"min-associations"})],o.prototype,"minAssociations",2),d([g({type:Number,reflect:!0,attribute:"max-associations"})],o.prototype,"maxAssociations",1),d([g({type:Boolean,attribute:"disable-animations"})],o.prototype,"disableAnimations",1),d([g({type:Boolean,attribute:"auto-size-dropzones"})],o.prototype,"autoSizeDropzones",2),o};var so=class{getInsertPosition(r,e,t,i,n){let o=r.indexOf(t);if(o===-1)return null;let a=t.getBoundingClientRect(),l=(n-a.top)/a.height,p=Math.min(1,Math.max(0,l))>.5;return{index:o,placeAfter:p}}};var Kc=new so;var Sp={borderStyle:"2px dashed",borderColor:"var(--qti-drop-placeholder, #c1c1c1)",background:"transparent",transitionDuration:150};function Ui(){return{placeholder:null,lastHoverTarget:null,lastPlacement:null,sortContainer:null}}function ao(s){s.placeholder?.remove(),s.placeholder=null,s.lastHoverTarget=null,s.lastPlacement=null,s.sortContainer=null}function lo(s,r,e={}){let t={...Sp,...e},i=document.createElement("div");return i.setAttribute("data-drop-placeholder","true"),i.style.width=`${r.width}px`,i.style.height=`${r.height}px`,i.style.margin=window.getComputedStyle(s).margin,i.style.boxSizing="border-box",i.style.border=`${t.borderStyle} ${t.borderColor}`,i.style.borderRadius=getComputedStyle(s).borderRadius,i.style.background=t.background,i.style.transition=`transform ${t.transitionDuration}ms ease`,i.style.pointerEvents="none",i}function Ss(s,r){for(let e of r)if(e.contains(s)&&e!==s)return e;return null}var Te=(s,r='[qti-draggable="true"]')=>{class e extends s{constructor(){super(...arguments);this.#e=null;this.#t=Ui();this.#r={hoveredSlot:null,originalPositions:new Map};this.#i=new Set;this.allowReorder=!0;this.sortablePlaceholderConfig={};this.sortableAnimationConfig={duration:150,easing:"ease"}}#e;#t;#r;#i;get isDraggingFromSlot(){return this.#e!==null}findContainingDroppable(n){return Ss(n,this.trackedDroppables)}#n(n){return n.querySelector(r)}#o(n){let o=this.#s(n);return o===0||o>1}#s(n){let o=parseInt(n.getAttribute("match-max")||"1",10);return Number.isNaN(o)?1:o}#a(n){return n.querySelectorAll(r).length}#c(n){let o=this.#s(n);return o===0?!1:this.#a(n)>=o}#d(){this.#r={hoveredSlot:null,originalPositions:new Map}}#l(n){if(!this.#e||n===this.#e){this.#u();return}if(this.#r.hoveredSlot===n)return;this.#u();let o=this.#n(n);if(!o){this.#t.placeholder&&n.appendChild(this.#t.placeholder),this.#r.hoveredSlot=n;return}if(this.#o(n)){if(this.#c(n)){this.#t.placeholder&&this.#e&&this.#e.appendChild(this.#t.placeholder),this.#r.hoveredSlot=null;return}this.#t.placeholder&&n.appendChild(this.#t.placeholder),this.#r.hoveredSlot=n;return}let l=bt([o]);this.#r.originalPositions.set(o,n),this.#t.placeholder&&this.#t.placeholder.parentElement&&this.#t.placeholder.remove(),this.#e.appendChild(o),this.#t.placeholder&&n.appendChild(this.#t.placeholder),this.#r.hoveredSlot=n,vt(l,this.sortableAnimationConfig)}#u(){if(this.#r.originalPositions.size===0&&this.#r.hoveredSlot===null)return;let n=Array.from(this.#r.originalPositions.keys()),o=n.length>0?bt(n):null;for(let[a,l]of this.#r.originalPositions)l.appendChild(a);this.#t.placeholder&&this.#e&&this.#e.appendChild(this.#t.placeholder),o&&vt(o,this.sortableAnimationConfig),this.#r.originalPositions.clear(),this.#r.hoveredSlot=null}initiateDrag(n,o,a,l,...c){this.#e=null,this.#t=Ui(),this.#d();let p=this.findContainingDroppable(n);if(p&&this.allowReorder){this.#e=p,this.#t.sortContainer=p;let h=n.getBoundingClientRect();this.#t.placeholder=lo(n,h,this.sortablePlaceholderConfig);let y=n.getAttribute("slot");y&&this.#t.placeholder.setAttribute("slot",y),this.#t.placeholder.style.visibility="hidden",p.appendChild(this.#t.placeholder),this.trackedDroppables.forEach(v=>{if(v!==p&&v.hasAttribute("disabled")){if(this.#o(v)&&this.#c(v))return;v.removeAttribute("disabled"),this.#i.add(v)}})}let[u]=c;super.initiateDrag(n,o,a,l,u)}cleanupSortableState(n=!0){if(n)for(let[o,a]of this.#r.originalPositions)a.appendChild(o);this.#t.placeholder&&this.#t.placeholder.remove(),ao(this.#t),this.#i.clear(),this.#e=null,this.#d()}onSortableDragMove(n,o){if(!this.isDraggingFromSlot)return;let a=Ir(this.trackedDroppables,n,o,this.dragState.dragClone,this.collisionDetectionAlgorithm);a?this.#l(a):this.#u()}handleDragMove(n,o){Object.getPrototypeOf(e.prototype).handleDragMove?.call(this,n,o),this.onSortableDragMove(n,o)}allowDrop(n,o){return this.isDraggingFromSlot&&this.trackedDroppables.includes(o)?this.#o(o)?!this.#c(o):!0:this.isDraggingFromSlot&&this.trackedDragContainers.includes(o)?!0:super.allowDrop(n,o)}handleDrop(n,o){super.handleDrop(n,o),this.cleanupSortableState(!1)}handleInvalidDrop(n){this.cleanupSortableState(),super.handleInvalidDrop(n)}}return e};var Zc=E`
  :host {
    display: block; /* necessary to calculate scaling position */
  }
  slot[name='qti-simple-associable-choice'] {
    display: flex;
    align-items: flex-start;
    flex: 1;
    border: 2px solid transparent;
    margin: 1rem 0;
    border-radius: 0.3rem;
    gap: 0.5rem;
  }

  [part='drop-list'][active] {
    border-color: var(--qti-border-active) !important;
    background-color: var(--qti-bg-active) !important;
  }

  [part='drop-list'] {
    display: grid;
    min-height: 3rem;
    min-width: 10rem;
    border: 1px solid var(--qti-border-color, #d1d5db);
    border-radius: 0.25rem;
    box-sizing: border-box;
  }

  [part='drop-container'] {
    display: flex;
    flex-direction: column;
    gap: 0.5rem;
  }

  [part='drop-list'][enabled] {
    background-color: var(--qti-bg-active) !important;
  }

  :host::part(associables-container) {
    display: flex;
    justify-content: space-between;
    background: linear-gradient(
      180deg,
      rgb(0 0 0 / 0%) calc(50% - 1px),
      var(--qti-border-color) calc(50%),
      rgb(0 0 0 / 0%) calc(50% + 1px)
    );
  }
`;var Mp=Ae(V,"qti-simple-associable-choice",".dl","slot[name='qti-simple-associable-choice']","pointerWithin"),Bi=class extends Te(Mp,'[qti-draggable="true"]'){constructor(){super();this._childrenMap=[];this._registerChoiceHandler=this._registerChoice.bind(this),this.addEventListener("register-qti-simple-associable-choice",this._registerChoiceHandler)}static{this.styles=Zc}_registerChoice(e){let t=e.composedPath()[0];if(this.shadowRoot?.contains(t))return;let i=t;this._childrenMap.includes(i)||(this._childrenMap=[...this._childrenMap,i])}getResponse(){let e=Math.ceil(this._childrenMap.length/2),t=[];for(let i=0;i<e;i++){let n=this.shadowRoot?.querySelector(`.dl[identifier="droplist${i}_left"]`),o=this.shadowRoot?.querySelector(`.dl[identifier="droplist${i}_right"]`),a=n?.querySelector('[qti-draggable="true"]')?.getAttribute("identifier"),l=o?.querySelector('[qti-draggable="true"]')?.getAttribute("identifier");a&&l&&t.push(`${a} ${l}`)}return t}getValue(e){return e?.flatMap((t,i)=>{let n=t.split(" ");return n.length!==2?[]:[`${n[0]} droplist${i}_left`,`${n[1]} droplist${i}_right`]})??[]}render(){return x` <slot name="prompt"></slot>
      <slot name="qti-simple-associable-choice"></slot>
      <div part="drop-container">
        ${this._childrenMap.length>0&&Array.from(Array(Math.ceil(this._childrenMap.length/2)).keys()).map((e,t)=>x`<div part="associables-container">
              <div name="left${t}" part="drop-list" class="dl" identifier="droplist${t}_left"></div>
              <div name="right${t}" part="drop-list" class="dl" identifier="droplist${t}_right"></div>
            </div>`)}

        <div role="alert" part="message" id="validation-message"></div>
      </div>`}updated(e){super.updated(e),e.has("_childrenMap")&&this.cacheInteractiveElements()}disconnectedCallback(){super.disconnectedCallback(),this.removeEventListener("register-qti-simple-associable-choice",this._registerChoiceHandler)}};d([M()],Bi.prototype,"_childrenMap",2);customElements.define("qti-associate-interaction",Bi);var yt=(s,r)=>{class e extends s{constructor(){super(...arguments);this._choiceElements=[];this._mutationObserver=null;this._validationMessageShown=!1;this.minChoices=0;this.maxChoices=1;this._handleDisabledChange=(n,o)=>{this._choiceElements.forEach(a=>a.disabled=o)};this._handleReadonlyChange=(n,o)=>{this._choiceElements.forEach(a=>a.readonly=o)};this.response="";this._handleValueChange=()=>{this._internals.setFormValue(this.value),this._updateChoiceSelection()}}_handleMaxChoicesChange(n,o){this._determineInputType()}get value(){return Array.isArray(this.response)&&this.response.length===0||this.response===""?null:Array.isArray(this.response)?this.response.join(","):this.response}set value(n){this.maxChoices>1&&(typeof n=="string"||n===null)?this.response=n?n.toString().split(","):[]:this.response=n||""}toggleInternalCorrectResponse(n){let o=this.correctResponse;if(o){let a=Array.isArray(o)?o:[o];this._choiceElements.forEach(l=>{l.internals.states.delete("correct-response"),l.internals.states.delete("incorrect-response"),n&&a.length>0&&(a.includes(l.identifier)?l.internals.states.add("correct-response"):l.internals.states.add("incorrect-response"))})}}toggleCandidateCorrection(n){let o=this.correctResponse;if(!o)return;let a=Array.isArray(o)?o:[o],l=this.response,c=Array.isArray(l)?l:l?[l]:[];this._choiceElements.forEach(p=>{p.internals.states.delete("candidate-correct"),p.internals.states.delete("candidate-incorrect"),n&&c.includes(p.identifier)&&(a.includes(p.identifier)?p.internals.states.add("candidate-correct"):p.internals.states.add("candidate-incorrect"))}),super.toggleCandidateCorrection(n)}connectedCallback(){super.connectedCallback(),this.addEventListener(`activate-${r}`,this._choiceElementSelectedHandler),this._mutationObserver=new MutationObserver(()=>this._syncChoicesFromDOM()),this._mutationObserver.observe(this,{childList:!0,subtree:!0}),this._syncChoicesFromDOM()}disconnectedCallback(){super.disconnectedCallback(),this.removeEventListener(`activate-${r}`,this._choiceElementSelectedHandler),this._mutationObserver&&(this._mutationObserver.disconnect(),this._mutationObserver=null)}_syncChoicesFromDOM(){let n=new Set(this._choiceElements);this._choiceElements=Array.from(this.querySelectorAll(r)),this._choiceElements.forEach(a=>{n.has(a)||(this.disabled&&(a.disabled=!0),a.readonly=this.readonly,a.internals&&!a.internals.ariaChecked&&(a.internals.ariaChecked="false"),this._setInputType(a))});let o=new Set(this._choiceElements.map(a=>a.identifier));if(Array.isArray(this.response)){let a=this.response.filter(l=>o.has(l));a.length!==this.response.length&&(this.response=a)}else this.response&&!o.has(this.response)&&(this.response="");this._updateChoiceSelection()}validate(){let o=this._choiceElements.filter(p=>this._getChoiceChecked(p)).length,a=!0,l="";this.maxChoices!==0&&o>this.maxChoices?(a=!1,l=this.dataset.maxSelectionsMessage||`Please select no more than ${this.maxChoices} ${this.maxChoices===1?"option":"options"}.`):o<this.minChoices&&(a=!1,l=this.dataset.minSelectionsMessage||`Please select at least ${this.minChoices} ${this.minChoices===1?"option":"options"}.`);let c=this._choiceElements.find(p=>this.contains(p))||this;return this._internals.setValidity(a?{}:{customError:!0},l,c),a}reportValidity(){return this._validationMessageElement&&(this._internals.validity.valid?(this._validationMessageElement.textContent="",this._validationMessageElement.style.display="none"):(this._validationMessageElement.textContent=this._internals.validationMessage,this._validationMessageElement.style.setProperty("display","block","important"),this._validationMessageShown=!0)),this._internals.validity.valid}_determineInputType(){this._choiceElements.forEach(n=>{this._setInputType(n)})}async _setInputType(n){if(this._internals.role=this.maxChoices===1?"radiogroup":null,n.internals){let o=this.maxChoices===1?"radio":"checkbox";n.internals.role=o,n.internals.states.delete(o==="radio"?"checkbox":"radio"),n.internals.states.add(o)}}_choiceElementSelectedHandler(n){this._toggleChoiceChecked(n.target),this.maxChoices===1?this._choiceElements.forEach(o=>{o.identifier!==n.detail.identifier&&this._setChoiceChecked(o,!1)}):this.maxChoices!==0&&this._configContext?.disableAfterIfMaxChoicesReached&&(this._choiceElements.filter(a=>this._getChoiceChecked(a)).length>=this.maxChoices?this._choiceElements.forEach(a=>{this._getChoiceChecked(a)||(a.disabled=!0)}):this._choiceElements.forEach(a=>a.disabled=!1)),this._handleChoiceSelection()}_setChoiceChecked(n,o){n.internals?.states&&(o?(n.internals.states.add("--checked"),n.internals.ariaChecked="true"):(n.internals.states.delete("--checked"),n.internals.ariaChecked="false"))}_getChoiceChecked(n){return n.internals.states.has("--checked")}_toggleChoiceChecked(n){let o=this._getChoiceChecked(n);this._setChoiceChecked(n,!o)}_handleChoiceSelection(){let o=this._choiceElements.filter(a=>this._getChoiceChecked(a)).map(a=>a.identifier);this.response=this.maxChoices===1?o[0]||"":o,this.validate(),this._validationMessageShown&&(this.reportValidity(),this._internals.validity.valid&&(this._validationMessageShown=!1)),this.saveResponse(this.response)}_updateChoiceSelection(){let n=Array.isArray(this.response)?this.response:[this.response];this._choiceElements.forEach(o=>{let a=n.includes(o.identifier);this._setChoiceChecked(o,a)})}}return d([Jt("#validation-message")],e.prototype,"_validationMessageElement",2),d([g({type:Number,attribute:"min-choices"})],e.prototype,"minChoices",2),d([g({type:Number,attribute:"max-choices"})],e.prototype,"maxChoices",2),d([B("maxChoices")],e.prototype,"_handleMaxChoicesChange",1),d([B("disabled",{waitUntilFirstUpdate:!0})],e.prototype,"_handleDisabledChange",2),d([B("readonly",{waitUntilFirstUpdate:!0})],e.prototype,"_handleReadonlyChange",2),d([M()],e.prototype,"response",2),d([B("response",{waitUntilFirstUpdate:!0})],e.prototype,"_handleValueChange",2),d([M(),$({context:be,subscribe:!0})],e.prototype,"_configContext",2),e};var ed=(s,r)=>{class e extends s{#e=[];#t=["qti-labels-none","qti-labels-decimal","qti-labels-lower-alpha","qti-labels-upper-alpha"];#r=["qti-labels-suffix-none","qti-labels-suffix-period","qti-labels-suffix-parenthesis"];#i=null;set class(i){this.#e=this.#n(i),this.#o()}get class(){return this.#e.join(" ")}attributeChangedCallback(i,n,o){super.attributeChangedCallback(i,n,o),i==="class"&&n!==o&&(this.class=o??"")}updated(i){super.updated(i),this.#o()}connectedCallback(){super.connectedCallback(),this.class=this.getAttribute("class")??"",this.#i=new MutationObserver(i=>{i.some(n=>n.type==="childList"||n.type==="attributes"&&n.attributeName==="style")&&this.#o()}),this.#i.observe(this,{childList:!0,subtree:!0,attributes:!0,attributeFilter:["style"]})}disconnectedCallback(){super.disconnectedCallback(),this.#i?.disconnect(),this.#i=null}#n(i){return i?i.split(/\s+/).map(n=>n.trim()).filter(Boolean).filter((n,o,a)=>a.indexOf(n)===o):[]}#o(){let i=Array.from(this.querySelectorAll("qti-simple-choice")).map(l=>l),n=this.#s(i),o=this.#a(),a=this.#c();n.forEach((l,c)=>{l.marker=this.#d(c+1,o,a)})}#s(i){return i.map((n,o)=>{let a=Number(n.style.order);return{el:n,order:Number.isFinite(a)?a:o+1,index:o}}).sort((n,o)=>n.order-o.order||n.index-o.index).map(n=>n.el)}#a(){return this.#e.filter(i=>this.#t.includes(i)).pop()??null}#c(){return this.#e.filter(i=>this.#r.includes(i)).pop()??null}#d(i,n,o){let a=n;if(!a&&o&&o!=="qti-labels-suffix-none"&&(a="qti-labels-upper-alpha"),!a||a==="qti-labels-none")return"";let l="";switch(a){case"qti-labels-decimal":l=`${i}`;break;case"qti-labels-lower-alpha":l=this.#l(i,"lower");break;case"qti-labels-upper-alpha":l=this.#l(i,"upper");break}return o==="qti-labels-suffix-period"?`${l}.`:o==="qti-labels-suffix-parenthesis"?`${l})`:l}#l(i,n){let o=i,a="",l=n==="lower"?97:65;for(;o>0;)o-=1,a=String.fromCharCode(l+o%26)+a,o=Math.floor(o/26);return a}}return d([g({type:String,attribute:"class"})],e.prototype,"class",1),e};var td=E`
  :host {
    display: block;
  }

  [part='slot'] {
    display: grid;
    gap: 10px;
  }

  /* Define the number of columns dynamically */
  :host([class*='qti-choices-stacking-']) [part='slot'] {
    grid-template-columns: repeat(var(--stacking-count, 1), 1fr);
  }

  /* Apply dynamic stacking count based on class */
  :host(.qti-choices-stacking-1) {
    --stacking-count: 1;
  }
  :host(.qti-choices-stacking-2) {
    --stacking-count: 2;
  }
  :host(.qti-choices-stacking-3) {
    --stacking-count: 3;
  }
  :host(.qti-choices-stacking-4) {
    --stacking-count: 4;
  }
  :host(.qti-choices-stacking-5) {
    --stacking-count: 5;
  }
  :host(.qti-choices-stacking-6) {
    --stacking-count: 6;
  }

  /* Default slot item layout */
  ::slotted(qti-simple-choice) {
    display: flex;
    align-items: center;
    white-space: normal;
  }

  /* Orientation styles */
  :host(.qti-orientation-horizontal) [part='slot'] {
    grid-auto-flow: dense column;
    grid-auto-columns: 1fr;
  }

  :host(.qti-orientation-vertical) [part='slot'] {
    grid-auto-flow: row;
  }

  /* Vertical and horizontal stacking logic */
  :host(.qti-orientation-vertical[class*='qti-choices-stacking-']) [part='slot'] {
    grid-auto-flow: dense column;
    grid-auto-columns: 1fr;
    grid-template-columns: repeat(var(--stacking-count), 1fr);
    grid-template-rows: repeat(calc(var(--item-count) / var(--stacking-count)), 1fr);
  }

  :host(.qti-orientation-horizontal[class*='qti-choices-stacking-']) [part='slot'] {
    grid-auto-flow: row;
    grid-template-columns: repeat(var(--stacking-count), 1fr);
    grid-template-rows: unset;
  }

  /* Ensure even distribution in vertical mode */
  :host(.qti-orientation-vertical) ::slotted(qti-simple-choice:nth-child(even)) {
    grid-row: auto;
  }
`;var zi=class extends ed(yt(V,"qti-simple-choice"),"qti-simple-choice"){constructor(){super(...arguments);this.orientation="vertical"}static{this.styles=td}#e(){let e=this.querySelectorAll("qti-simple-choice");this.style.setProperty("--item-count",e.length.toString())}render(){return x`
      <slot part="prompt" name="prompt"></slot>
      <slot part="slot" @slotchange=${this.#e}></slot>
      <div part="message" role="alert" id="validation-message"></div>
    `}};d([g({type:String})],zi.prototype,"orientation",2);customElements.define("qti-choice-interaction",zi);var rd=E``;var As=`
const postToParentWindows = (type, data) => {
    window.top.postMessage(data ? { type, data } : { type }, '*');
    let w = window.parent;
    while (w) {
      if (w !== window.top) {
          w.postMessage({ type, data }, '*');
      }
      if (w !== w.parent) {
        w = w.parent;
      } else {
        w = null;
      }
    }
};

window.CES = {
    media: null,
    response: null,
    load: () => {
      let resolveCount = 0;

      const handleMessage = (event) => {
        if (event.data.type === "mediaData") {
          const media = event.data.data;
          CES.media = media;
          resolveCount++;
        } else if (event.data.type === "responseData") {
          const response = event.data.data;
          if (response && Array.isArray(response) && response.length > 0) {
            // state is stored in the first element of the array
            CES.response = response[0];
            // Wait a short moment to ensure CES.response is set
            setTimeout(() => {
              // Re-create the Controller instance if it exists
              if (typeof Controller === 'function') {
                console.log("Re-creating Controller instance");
                ctrl = new Controller();
              }
            }, 50);
          } else {  
            CES.response = response;
          }
          resolveCount++;
        }
        if (resolveCount === 2) {
          //window.removeEventListener("message", handleMessage);
        }
      };
      window.addEventListener("message", handleMessage);
      postToParentWindows("getMedia");
      postToParentWindows("getResponse");
    },
    setResponse: (data) => {
      postToParentWindows("setResponse", data);
    },
    getResponse: () => {
      return CES.response;
    },
    getMedia: () => {
      return CES.media;
    },
    setStageHeight: () => {
      postToParentWindows("setStageHeight");
    },
};
CES.load();
`,_p=`
  (function() {
    var blobUrlReceived = null;
    
    const createIframe = () => {
      if (!blobUrlReceived || !document.body) return;
      var n = document.createElement('iframe');
      n.frameBorder = '0';
      n.scrolling = 'no';
      n.src = blobUrlReceived;
      n.style.width = '100%';
      n.style.height = '100%';
      document.body.appendChild(n);
    };
    
    const handleMessage = (event) => {
      if (event.data.type === 'blobUrl') {
        blobUrlReceived = event.data.data;
        window.removeEventListener('message', handleMessage);
        createIframe();
      }
    };
    
    window.addEventListener('message', handleMessage);
    
    // Wait for document ready before requesting blobUrl
    const requestBlobUrl = () => {
      let w = window.parent;
      while (w) {
        w.postMessage({ type: 'getBlobUrl' }, '*');
        if (w !== w.parent) {
          w = w.parent;
        } else {
          w = null;
        }
      }
    };
    
    if (document.readyState === 'loading') {
      document.addEventListener('DOMContentLoaded', requestBlobUrl);
    } else {
      requestBlobUrl();
    }
  })();
`,Je=class extends V{constructor(){super();this.#e="";this.#t=null;this.#r=null;this._errorMessage=null;this.#i=null;this.handlePostMessage=this.handlePostMessage.bind(this)}#e;#t;#r;static{this.styles=rd}#i;connectedCallback(){super.connectedCallback();let e=this.data;if(!e){let i=this.querySelector("object[data]");if(i){e=i.getAttribute("data");let n=i.getAttribute("width"),o=i.getAttribute("height");n&&this.setAttribute("width",n),o&&this.setAttribute("height",o)}}if(!e){this._errorMessage="No manifest path found (neither data attribute nor object child)";return}let t=e.startsWith("http")||e.startsWith("blob")?e:yn((this.baseItemUrl||"")+"/"+e);this.#t=new URL(t,window.location.href).toString(),fetch(t).then(i=>i.json()).then(i=>{this.manifest=i,this.setupCES()}).catch(i=>{this._errorMessage=i})}async setupCES(){await this.updateComplete;let e=this.shadowRoot?.querySelector("#pciContainer");if(!e){this._errorMessage="pciContainer iframe not found";return}e.getAttribute("src")||e.setAttribute("src","about:blank");let t=e.contentDocument??e.contentWindow?.document??null;if(t||(await new Promise(u=>e.addEventListener("load",()=>u(),{once:!0})),t=e.contentDocument??e.contentWindow?.document??null),!t){this._errorMessage="pciContainer iframe document not available";return}if(!this.manifest.script||this.manifest.script.length===0){this._errorMessage="No script found in manifest";return}if(!this.manifest.style||this.manifest.style.length===0){this._errorMessage="No style found in manifest";return}let i=this.manifest.style[0],n=this.#a(),o=await this.#l(i,n),a=o.url;if(o.baseUrl&&!this.#r&&(this.#r=o.baseUrl),!0){let u="";if(this.manifest.media&&this.manifest.media.length>0){let h=this.manifest.media[0],y=await this.#l(h,n,{returnText:!0});if(u=y.url,y.baseUrl&&!this.#r&&(this.#r=y.baseUrl),y.text){let v=y.text;if(!(v.includes("postToParentWindows")||v.includes("window.CES"))){let m="<script>"+As+"</script>",b=v.indexOf("<head>");b!==-1?v=v.slice(0,b+6)+m+v.slice(b+6):v=m+v}let f=new Blob([v],{type:"text/html"});this.#i=URL.createObjectURL(f)}}else{let h=this.data||"manifest.json",y=h.includes("/")?h.substring(0,h.lastIndexOf("/")):"",v=y?`${y}/index.html`:"index.html",w=await this.#l(v,n,{returnText:!0});if(u=w.url,w.baseUrl&&!this.#r&&(this.#r=w.baseUrl),w.text){let f=w.text;if(!(f.includes("postToParentWindows")||f.includes("window.CES"))){let q="<script>"+As+"</script>",A=f.indexOf("<head>");A!==-1?f=f.slice(0,A+6)+q+f.slice(A+6):f=q+f}let b=new Blob([f],{type:"text/html"});this.#i=URL.createObjectURL(b)}}if(u&&!this.#i)try{let h=await fetch(u);if(h.ok){let y=await h.text();if(!(y.includes("postToParentWindows")||y.includes("window.CES"))){let f="<script>"+As+"</script>",m=y.indexOf("<head>");m!==-1?y=y.slice(0,m+6)+f+y.slice(m+6):y=f+y}let w=new Blob([y],{type:"text/html"});this.#i=URL.createObjectURL(w)}else console.error(`Failed to fetch index.html: ${h.status}`)}catch(h){console.error(`Error fetching index.html: ${h}`)}}let c=`<script>${_p}</script>`;window.addEventListener("message",this.handlePostMessage);let p=`
      <!DOCTYPE html>
      <html>
        <head>
          ${a?`<link href='${a}' rel="stylesheet" />`:""}
          ${c}
        </head>
        <body></body>
      </html>
    `;e.srcdoc=p}#n(){let e=this.shadowRoot.querySelectorAll("iframe"),t=this.querySelectorAll("iframe"),i=[...e,...t];for(let n of i){let o=n.src;if(new URL(o,window.location.href).origin===window.location.origin)try{let l=n.contentDocument||n.contentWindow.document;l&&this.#o(l,i)}catch(l){console.error("Error accessing nested iframe:",l)}}return i.forEach((n,o)=>{i.indexOf(n)!==o&&i.splice(o,1)}),i}#o(e,t=[]){return e.querySelectorAll("iframe").forEach(n=>{t.push(n);let o=n.src;if(new URL(o,window.location.href).origin===window.location.origin)try{let l=n.contentDocument||n.contentWindow.document;this.#o(l,t)}catch(l){console.error("Error accessing nested iframe:",l)}else console.warn("Skipped cross-origin iframe:",o)}),t}#s(e,t){window.postMessage({type:e,data:t},"*");let i=this.#n();for(let n of i)n.contentWindow&&n.contentWindow.postMessage({type:e,data:t},"*")}handlePostMessage(e){let{type:t,data:i}=e.data;switch(t){case"setResponse":(i===null||!(Array.isArray(i)&&i.length===1&&i[0]===""))&&(this.#e=i,this.saveResponse(i));break;case"getResponse":{this.#s("responseData",this.#e);break}case"getBlobUrl":{this.#i&&(this.#s("blobUrl",this.#i),e.source&&e.source!==window&&e.source.postMessage({type:"blobUrl",data:this.#i},"*"));break}case"getMedia":{let n=this.#a(),o=this.manifest.media.map(a=>{if(a.startsWith("http")||a.startsWith("blob"))return a;let l=this.#r||n[0];return l?new URL(a,l.endsWith("/")?l:`${l}/`).toString():a});this.#s("mediaData",o);break}case"setStageHeight":console.log("setStageHeight not implemented");break}}validate(){if(!this.#e)return!1;if(Array.isArray(this.#e)){if(this.#e.length===0)return!1;for(let e of this.#e)if(e!==""&&e!==null)return!0}return!0}get response(){return this.#e||null}set response(e){if(typeof e=="string")this.#e=e,this.saveResponse(e);else if(Array.isArray(e))this.#e=e;else if(e)throw new Error("Value must be a string or an array of strings")}disconnectedCallback(){window.removeEventListener("message",this.handlePostMessage),super.disconnectedCallback()}render(){return x`<iframe
        width=${this.getAttribute("width")}
        height=${this.getAttribute("height")}
        frameborder="0"
        title="pciContainer"
        id="pciContainer"
      >
      </iframe>
      ${this._errorMessage&&x`<div style="color:red">
        <h1>Error</h1>
        ${this._errorMessage}
      </div>`}`}#a(){let t=[this.#r,this.baseRefUrl,this.baseItemUrl,this.#c()].filter(Boolean).map(n=>new URL(n,window.location.href).toString()),i=this.#d();return i&&t.push(i),[...new Set(t)]}#c(){return this.#t?new URL(".",this.#t).toString():null}#d(){return this.#t?new URL("..",this.#t).toString():null}async#l(e,t,i={}){if(!e)return{url:"",baseUrl:null};if(e.startsWith("http")||e.startsWith("blob"))return{url:e,baseUrl:null};for(let n of t){let o=new URL(n,window.location.href).toString(),a=new URL(e,o.endsWith("/")?o:`${o}/`).toString();try{let l=await fetch(a);if(l.ok){if(i.returnText){let c=await l.text();return{url:a,baseUrl:o,text:c}}return{url:a,baseUrl:o}}}catch{}}return{url:"",baseUrl:null}}};d([g({type:String,attribute:"data"})],Je.prototype,"data",2),d([g({type:String,attribute:"data-base-item"})],Je.prototype,"baseItemUrl",2),d([g({type:String,attribute:"data-base-ref"})],Je.prototype,"baseRefUrl",2),d([g({type:String,attribute:"id"})],Je.prototype,"id",2),d([M()],Je.prototype,"_errorMessage",2);customElements.define("qti-custom-interaction",Je);var id=E``;var xt=class extends C{constructor(){super(...arguments);this.disabled=!1;this.countAttempt=null;this.title="end attempt"}static{this.styles=id}render(){return x`<button ?disabled=${this.disabled} part="button" @click=${this.endAttempt}>${this.title}</button>`}endAttempt(e){this.dispatchEvent(new CustomEvent("end-attempt",{bubbles:!0,composed:!0,detail:{responseIdentifier:this.responseIdentifier,countAttempt:this.countAttempt==="true"}}))}};d([g({type:String,attribute:"response-identifier"})],xt.prototype,"responseIdentifier",2),d([g({reflect:!0,type:Boolean})],xt.prototype,"disabled",2),d([g({type:String,attribute:"count-attempt"})],xt.prototype,"countAttempt",2),d([g({type:String})],xt.prototype,"title",2);customElements.define("qti-end-attempt-interaction",xt);var nd=E`
  /* PK: display host as block, else design will be collapsed */
  :host {
    display: block;
  }
  textarea {
    box-sizing: border-box;
    width: 100%;
    height: 100%;
    border: 0;
  }
`;var ge=class extends V{constructor(){super(...arguments);this._rows=5;this.response=null;this._handleResponseChange=()=>{this._internals.setFormValue(this.value),this.validate()}}static{this.styles=nd}handleclassNamesChange(e,t){let i=t.split(" "),n=!1;if(i.forEach(o=>{if(o.startsWith("qti-height-lines-")){let a=o.replace("qti-height-lines-","");this._rows=parseInt(a),n=!0}}),!n&&this.expectedLength){let o=Math.ceil(this.expectedLength/50);this._rows=o}}get value(){return this.response||null}set value(e){this.response=e||null}validate(){let e=this.shadowRoot.querySelector("textarea");if(!e)return!1;if(this.patternMask&&this.dataPatternmaskMessage){this._internals.setValidity({}),e.setCustomValidity("");let t=this.patternMask.startsWith("^")&&this.patternMask.endsWith("$")?this.patternMask:`^${this.patternMask}$`,i=new RegExp(t);e.checkValidity()&&i.test(e.value)||(this._internals.setValidity({customError:!0},this.dataPatternmaskMessage),e.setCustomValidity(this.dataPatternmaskMessage))}else{let t=e.checkValidity();this._internals.setValidity(t?{}:{customError:!1})}return!!this.response&&e.checkValidity()}toggleCorrectResponse(){}reportValidity(){let e=this.shadowRoot.querySelector("textarea");if(!e)return!1;let t=this.validate();return t||e.reportValidity(),t}render(){return x`<slot name="prompt"></slot
      ><textarea
        part="textarea"
        name="${this.responseIdentifier}"
        spellcheck="false"
        autocomplete="off"
        maxlength="${5e3}"
        @keydown="${e=>e.stopImmediatePropagation()}"
        @keyup="${this.textChanged}"
        @change="${this.textChanged}"
        @blur="${e=>{this.reportValidity()}}"
        placeholder="${$e(this.placeholderText?this.placeholderText:void 0)}"
        rows="${this._rows}"
        ?disabled="${this.disabled}"
        ?readonly="${this.readonly}"
        .value=${this.response}
      ></textarea>`}textChanged(e){if(this.disabled||this.readonly)return;let t=e.target;this.setEmptyAttribute(t.value),this.response!==t.value&&(this.value=t.value,this.saveResponse(t.value))}setEmptyAttribute(e){this.setAttribute("empty",e===""?"true":"false")}};d([M()],ge.prototype,"_rows",2),d([g({type:Number,attribute:"expected-length"})],ge.prototype,"expectedLength",2),d([g({type:String,attribute:"pattern-mask"})],ge.prototype,"patternMask",2),d([g({type:String,attribute:"placeholder-text"})],ge.prototype,"placeholderText",2),d([g({type:String,attribute:"data-patternmask-message"})],ge.prototype,"dataPatternmaskMessage",2),d([g({type:String,attribute:"class"})],ge.prototype,"classNames",2),d([B("classNames")],ge.prototype,"handleclassNamesChange",1),d([M()],ge.prototype,"response",2),d([B("response",{waitUntilFirstUpdate:!0})],ge.prototype,"_handleResponseChange",2);customElements.define("qti-extended-text-interaction",ge);var od=E`
  :host {
    display: flex;
    align-items: flex-start;
    flex-direction: column;
    flex-wrap: wrap;
    gap: 0.5rem;
  }

  :host(.qti-choices-top) {
    flex-direction: column;
  }
  :host(.qti-choices-bottom) {
    flex-direction: column-reverse;
  }
  :host(.qti-choices-left) {
    flex-direction: row;
  }
  :host(.qti-choices-right) {
    flex-direction: row-reverse;
  }
  /* [part='drops'] , */
  [name='prompt'] {
    width: 100%;
  }
  [name='drags'] {
    display: flex;
    align-items: flex-start;
    flex: 1;
    border: 2px solid transparent;
    padding: 0.3rem;
    border-radius: 0.3rem;
    gap: 0.5rem;
  }
`;var Lp=Ae(V,"qti-gap-text","qti-gap","slot[part='drags']"),co=class extends Te(Lp,'[qti-draggable="true"]'){static{this.styles=od}render(){return x`<slot name="prompt"> </slot>
      <slot part="drags" name="drags"></slot>
      <slot part="drops"></slot>
      <div role="alert" part="message" id="validation-message"></div>`}toggleCorrectResponse(r){let e=this.responseVariable;if(r&&e?.correctResponse){let t=[],i=Array.isArray(e.correctResponse)?e.correctResponse:[e.correctResponse];i&&(t=i.map(o=>{let a=o.split(" ");return{text:a[0],gap:a[1]}})),this.querySelectorAll("qti-gap").forEach(o=>{let a=o.getAttribute("identifier"),l=t.find(p=>p.gap===a)?.text,c=this.querySelector(`qti-gap-text[identifier="${l}"]`)?.textContent.trim();if(l&&c){if(!o.nextElementSibling?.classList.contains("correct-option")){let p=document.createElement("span");p.classList.add("correct-option"),p.textContent=c,p.style.border="1px solid var(--qti-correct)",p.style.borderRadius="4px",p.style.padding="2px 4px",p.style.display="inline-block",o.insertAdjacentElement("afterend",p)}}else o.nextElementSibling?.classList.contains("correct-option")&&o.nextElementSibling.remove()})}else this.querySelectorAll(".correct-option").forEach(i=>{i.remove()})}#e(r){if(!r.correctResponse)return[];let e=Array.isArray(r.correctResponse)?r.correctResponse:[r.correctResponse],t=[];return e&&e.forEach(i=>{let n=i.split(" ");t.push({source:n[0],target:n[1]})}),t}toggleCandidateCorrection(r){let e=this.responseVariable;if(!e?.correctResponse)return;let t=this.#e(e);Array.from(this.querySelectorAll("qti-gap")).forEach(n=>{let o=n.getAttribute("identifier"),a=t.filter(c=>c.target===o);n.querySelectorAll("qti-gap-text").forEach(c=>{if(c.internals.states.delete("candidate-correct"),c.internals.states.delete("candidate-incorrect"),!r)return;a.find(u=>u.source===c.identifier)?.source!==void 0?c.internals.states.add("candidate-correct"):c.internals.states.add("candidate-incorrect")})})}};customElements.define("qti-gap-match-interaction",co);var sd=(s,r,e)=>{let t=new Map;for(let i=r;i<=e;i++)t.set(s[i],i);return t},Rr=de(class extends Le{constructor(s){if(super(s),s.type!==ot.CHILD)throw Error("repeat() can only be used in text expressions")}dt(s,r,e){let t;e===void 0?e=r:r!==void 0&&(t=r);let i=[],n=[],o=0;for(let a of s)i[o]=t?t(a,o):o,n[o]=e(a,o),o++;return{values:n,keys:i}}render(s,r,e){return this.dt(s,r,e).values}update(s,[r,e,t]){let i=ll(s),{values:n,keys:o}=this.dt(r,e,t);if(!Array.isArray(i))return this.ut=o,n;let a=this.ut??=[],l=[],c,p,u=0,h=i.length-1,y=0,v=n.length-1;for(;u<=h&&y<=v;)if(i[u]===null)u++;else if(i[h]===null)h--;else if(a[u]===o[y])l[y]=st(i[u],n[y]),u++,y++;else if(a[h]===o[v])l[v]=st(i[h],n[v]),h--,v--;else if(a[u]===o[v])l[v]=st(i[u],n[v]),sr(s,l[v+1],i[u]),u++,v--;else if(a[h]===o[y])l[y]=st(i[h],n[y]),sr(s,i[u],i[h]),h--,y++;else if(c===void 0&&(c=sd(o,y,v),p=sd(a,u,h)),c.has(a[u]))if(c.has(a[h])){let w=p.get(o[y]),f=w!==void 0?i[w]:null;if(f===null){let m=sr(s,i[u]);st(m,n[y]),l[y]=m}else l[y]=st(f,n[y]),sr(s,i[u],f),i[w]=null;y++}else bn(i[h]),h--;else bn(i[u]),u++;for(;y<=v;){let w=sr(s,l[v+1]);st(w,n[y]),l[y++]=w}for(;u<=h;){let w=i[u++];w!==null&&bn(w)}return this.ut=o,al(s,l),Z}});function qt(s,r,e,t){let i=e.getAttribute("width")?parseFloat(e.getAttribute("width")):e.naturalWidth,n=e.getAttribute("height")?parseFloat(e.getAttribute("height")):e.naturalHeight;switch(s){case"circle":{if(r.length!==3){console.error("Invalid circle coordinates:",r);return}let[o,a,l]=r,c=o/i*100,p=a/n*100,u=l/i*100,h=l/n*100;t.style.left=c-u+"%",t.style.top=p-h+"%",t.style.width=2*u+"%",t.style.height=2*h+"%",t.style.borderRadius="50%"}break;case"rect":{if(r.length!==4){console.error("Invalid rectangle coordinates:",r);return}let[o,a,l,c]=r,p=o/i*100,u=a/n*100,h=l/i*100,y=c/n*100;t.style.left=p+"%",t.style.top=u+"%",t.style.width=h-p+"%",t.style.height=y-u+"%"}break;case"ellipse":{if(r.length!==4){console.error("Invalid ellipse coordinates:",r);return}let[o,a,l,c]=r,p=o/i*100,u=a/n*100,h=l/i*100,y=c/n*100;t.style.left=p-h+"%",t.style.top=u-y+"%",t.style.width=2*h+"%",t.style.height=2*y+"%",t.style.borderRadius="50%"}break;case"poly":{if(r.length<6||r.length%2!==0){console.error("Invalid polygon coordinates:",r);return}let o=[];for(let m=0;m<r.length;m+=2)o.push({x:r[m],y:r[m+1]});let a=Math.min(...o.map(m=>m.x)),l=Math.max(...o.map(m=>m.x)),c=Math.min(...o.map(m=>m.y)),p=Math.max(...o.map(m=>m.y)),u=a/i*100,h=c/n*100,y=l/i*100,v=p/n*100;t.style.left=u+"%",t.style.top=h+"%",t.style.width=y-u+"%",t.style.height=v-h+"%";let f=o.map(m=>({x:(m.x-a)/(l-a)*100,y:(m.y-c)/(p-c)*100})).map(m=>`${m.x}% ${m.y}%`).join(",");t.style.clipPath=`polygon(${f})`}break;default:console.error(`Unsupported shape: ${s}`);break}}var ad=E`
  slot:not([name='prompt']) {
    // position: relative; /* qti-hotspot-choice relative to the slot */
    display: block;
    width: fit-content; /* hotspots not stretching further if image is at max size */
  }
  ::slotted(img) {
    /* image not selectable anymore */
    pointer-events: none;
    user-select: none;
  }
  ::slotted(qti-associable-hotspot) {
    transform: translate(-50%, -50%);
  }
  line-container {
    display: block;
    position: relative;
    width: fit-content;
  }
  svg {
    position: absolute;
    top: 0px;
    left: 0px;
  }
`;var Ke=class extends V{constructor(){super();this.#t=null;this.#r=null;this._correctLines=[];this._response=[];this.addEventListener("qti-register-hotspot",this.#o)}static{this.styles=ad}#e;#t;#r;reset(){this._response=[],this._correctLines=[]}validate(){return this.#n().length>0}set response(e){this._response=this.#i(e)}get response(){return this._response}#i(e){return e==null||e===""?[]:Array.isArray(e)?e:[e]}#n(){return this.#i(this._response)}toggleInternalCorrectResponse(e){let t=this.responseVariable;if(!e||!t){this._correctLines=[];return}if(!t.correctResponse){console.error("No correct response found for this interaction.");return}let i=Array.isArray(t.correctResponse)?t.correctResponse:[t.correctResponse];this._correctLines=i}render(){return x`<slot name="prompt"></slot>
      <line-container>
        <svg
          width=${$e(this.grImage[0]?.width)}
          height=${$e(this.grImage[0]?.height)}
          viewbox="0 0 ${this.grImage[0]?.width} ${this.grImage[0]?.height}"
        >
          ${Rr(this.#n(),e=>e,(e,t)=>fn`
              <line
                part="line"
                x1=${parseInt(this.querySelector(`[identifier=${e.split(" ")[0]}]`).style.left)}
                y1=${parseInt(this.querySelector(`[identifier=${e.split(" ")[0]}]`).style.top)}
                x2=${parseInt(this.querySelector(`[identifier=${e.split(" ")[1]}]`).style.left)}
                y2=${parseInt(this.querySelector(`[identifier=${e.split(" ")[1]}]`).style.top)}
                stroke="red"
                stroke-width="3"
                @click=${i=>{i.stopPropagation(),this._response=this._response.filter((n,o)=>o!==t),this.saveResponse(this.response)}}
              />
            `)}
          ${Rr(this._correctLines||[],e=>e,(e,t)=>fn`
              <line
                part="correct-line"
                x1=${parseInt(this.querySelector(`[identifier=${e.split(" ")[0]}]`).style.left)}
                y1=${parseInt(this.querySelector(`[identifier=${e.split(" ")[0]}]`).style.top)}
                x2=${parseInt(this.querySelector(`[identifier=${e.split(" ")[1]}]`).style.left)}
                y2=${parseInt(this.querySelector(`[identifier=${e.split(" ")[1]}]`).style.top)}
                stroke="var(--qti-correct)"
                stroke-width="3"
                stroke-dasharray="5,5"
              />
            `)}
          ${this.#t&&fn`<line
            part="point"
            x1=${this.startCoord.x}
            y1=${this.startCoord.y}
            x2=${this.mouseCoord.x}
            y2=${this.mouseCoord.y}
            stroke="var(--qti-border-active)"
            stroke-width="3"
          />`}
        </svg>
        <slot></slot>
      </line-container>
      <div role="alert" part="message" id="validation-message"></div>`}#o(e){let t=this.querySelector("img"),i=e.target,n=i.getAttribute("coords"),o=i.getAttribute("shape"),a=n.split(",").map(l=>parseInt(l));qt(o,a,t,i)}firstUpdated(){this.#e=this.querySelectorAll("qti-associable-hotspot"),this.addEventListener("mousemove",e=>{let t=this.grImage[0];if(!t)return;let i=t.getBoundingClientRect();this.mouseCoord={x:e.clientX-i.left,y:e.clientY-i.top}}),this.#e.forEach(e=>{e.style.left=e.getAttribute("coords").split(",")[0]+"px",e.style.top=e.getAttribute("coords").split(",")[1]+"px",e.addEventListener("click",t=>{this.#t?this.#r||(this.#r=t.target,this._response=this.#n(),this._response=[...this._response,`${this.#t.getAttribute("identifier")} ${this.#r.getAttribute("identifier")}`],this.saveResponse(this.response),this.#t=null,this.#r=null):(this.#t=t.target,this.startCoord={x:parseInt(this.#t.getAttribute("coords").split(",")[0]),y:parseInt(this.#t.getAttribute("coords").split(",")[1])})})})}disconnectedCallback(){super.disconnectedCallback(),this.removeEventListener("qti-register-hotspot",this.#o)}};d([M()],Ke.prototype,"_correctLines",2),d([M()],Ke.prototype,"startCoord",2),d([M()],Ke.prototype,"mouseCoord",2),d([za({selector:"img"})],Ke.prototype,"grImage",2),d([M()],Ke.prototype,"_response",2);customElements.define("qti-graphic-associate-interaction",Ke);var ld=E`
  :host {
    display: flex;
    align-items: flex-start;
    flex-direction: column;
    flex-wrap: wrap;
    gap: 0.5rem;
  }

  :host(.qti-choices-top) {
    flex-direction: column-reverse;
  }
  :host(.qti-choices-bottom) {
    flex-direction: column;
  }
  :host(.qti-choices-left) {
    flex-direction: row-reverse;
    & [name='drags'] {
      width: 25%;
    }
    & [part='image'] {
      width: 75%;
    }
  }
  :host(.qti-choices-right) {
    flex-direction: row;
    & [name='drags'] {
      width: 25%;
    }
    & [part='image'] {
      width: 75%;
    }
  }
  [part='image'] {
    display: block;
    position: relative;
  }
  /* [part='drops'] , */

  [name='drags'] {
    display: flex;
    align-items: flex-start;
    flex-wrap: wrap;
    flex: 1;
    border: 2px solid transparent;
    padding: 0.3rem;
    border-radius: 0.3rem;
    gap: 0.5rem;
  }
  ::slotted(img) {
    display: inline-block;
    user-select: none;
    pointer-events: none;
  }
`;var $p=Ae(V,"qti-gap-img, qti-gap-text","qti-associable-hotspot","slot[part='drags']"),po=class extends Te($p,'[qti-draggable="true"]'){static{this.styles=ld}render(){return x` <slot name="prompt"></slot>
      <slot part="image"></slot>
      <slot part="drags" name="drags" class="hover-border"></slot>
      <div role="alert" part="message" id="validation-message"></div>`}shouldReturnToInventoryOnInventoryDrop(){return!0}#e(r){let e=r.target,t=e.getAttribute("coords"),i=e.getAttribute("shape"),n=t.split(",").map(o=>parseInt(o));switch(i){case"circle":{let[o,a,l]=n;e.style.left=o-l+"px",e.style.top=a-l+"px",e.style.width=e.style.height=2*l+"px"}break;case"rect":{let[o,a,l,c]=n;e.style.left=o+"px",e.style.top=a+"px",e.style.width=l-o+"px",e.style.height=c-a+"px"}break;default:break}}connectedCallback(){super.connectedCallback(),this.addEventListener("qti-register-hotspot",this.#e)}disconnectedCallback(){super.disconnectedCallback(),this.removeEventListener("qti-register-hotspot",this.#e)}};customElements.define("qti-graphic-gap-match-interaction",po);var cd=E`
  slot:not([name='prompt']) {
    position: relative; /* qti-hotspot-choice relative to the slot */
    display: block;
    width: fit-content; /* hotspots not stretching further if image is at max size */
  }
  ::slotted(img) {
    /* image not selectable anymore */
    pointer-events: none;
    user-select: none;
  }
`;var uo=class extends yt(V,"qti-hotspot-choice"){constructor(){super(...arguments);this._choiceElements=[]}static{this.styles=cd}render(){return x`
      <slot name="prompt"></slot>
      <slot></slot>
      <div role="alert" part="message" id="validation-message"></div>
    `}#e(e){let{identifier:t}=e.detail,i=this._choiceElements.find(o=>o.getAttribute("identifier")===t);if(!i)return;let n=this._choiceElements.length;if(!this.choiceOrdering){if(this.choiceOrdering=!0,i.order==null){let o=this._choiceElements.filter(a=>a.order!=null).length;if(o>=n){this.choiceOrdering=!1;return}i.order=o+1}else{let o=i.order;i.order=null,this._choiceElements.forEach(a=>{a.order!=null&&a.order>o&&a.order--})}this.choiceOrdering=!1}}toggleCorrectResponse(e){let t=this.responseVariable,i=this._choiceElements;for(let n of i)if(e&&t?.correctResponse?.length>0&&Array.isArray(t.correctResponse)){let o=t.correctResponse.findIndex(a=>a===n.identifier);o>=0?n.orderCorrect=o+1:n.orderCorrect=null}else n.orderCorrect=null}#t(e){let t=this.querySelector("img"),i=e.target,n=i.getAttribute("coords"),o=i.getAttribute("shape"),a=n.split(",").map(l=>parseInt(l));qt(o,a,t,i)}connectedCallback(){super.connectedCallback(),this.addEventListener("activate-qti-hotspot-choice",this.#e),this.addEventListener("register-qti-hotspot-choice",this.#t)}disconnectedCallback(){super.disconnectedCallback(),this.removeEventListener("activate-qti-hotspot-choice",this.#e),this.removeEventListener("register-qti-hotspot-choice",this.#t)}};customElements.define("qti-graphic-order-interaction",uo);var dd=E`
  slot:not([name='prompt']) {
    position: relative; /* qti-hotspot-choice relative to the slot */
    display: inline-block;
    width: fit-content; /* hotspots not stretching further if image is at max size */
    line-height: 0; /* remove gaps below image */
  }
  ::slotted(img) {
    /* image not selectable anymore */
    display: block;
    pointer-events: none;
    user-select: none;
    /* width:100%; */
  }
`;var mo=class extends yt(V,"qti-hotspot-choice"){static{this.styles=dd}render(){return x`
      <slot name="prompt"></slot>
      <slot></slot>
    `}#e=null;#t(r){return this.#e||(r.naturalWidth>0&&r.naturalHeight>0?this.#e=Promise.resolve(r):this.#e=new Promise(e=>{let t=()=>{r.removeEventListener("load",t),e(r)};r.addEventListener("load",t)})),this.#e}async#r(r){let e=this.querySelector("img"),t=r.target,i=t.getAttribute("coords"),n=t.getAttribute("shape"),o=i.split(",").map(l=>parseInt(l)),a=await this.#t(e);qt(n,o,a,t)}connectedCallback(){super.connectedCallback(),this.addEventListener("register-qti-hotspot-choice",this.#r)}disconnectedCallback(){super.disconnectedCallback(),this.removeEventListener("unregister-qti-hotspot-choice",this.#r)}};customElements.define("qti-hotspot-interaction",mo);var pd=E``;var ji=class extends yt(V,"qti-hottext"){constructor(){super(...arguments);this.class="";this.render=()=>x`<slot></slot>
      <div part="message" role="alert" id="validation-message"></div>`}static{this.styles=pd}get#e(){let e={"qti-input-control-hidden":!0};return this.class&&this.class.split(" ").forEach(t=>{t.trim()&&(e[t.trim()]=!0)}),e}connectedCallback(){super.connectedCallback(),this.#t()}updated(e){super.updated(e),this.#t()}#t(){let e=Object.keys(this.#e).join(" ");this.className=e}};d([g({type:String,reflect:!0})],ji.prototype,"class",2);customElements.define("qti-hottext-interaction",ji);var Wi=class extends Le{constructor(r){if(super(r),this.it=O,r.type!==ot.CHILD)throw Error(this.constructor.directiveName+"() can only be used in child bindings")}render(r){if(r===O||r==null)return this._t=void 0,this.it=r;if(r===Z)return r;if(typeof r!="string")throw Error(this.constructor.directiveName+"() called with a non-string value");if(r===this.it)return this._t;this.it=r;let e=[r];return e.raw=e,this._t={_$litType$:this.constructor.resultType,strings:e,values:[]}}};Wi.directiveName="unsafeHTML",Wi.resultType=1;var Xt=de(Wi);var Pp=E`
  :host {
    display: inline-block;
    vertical-align: baseline;
    position: relative;
  }

  button[part='trigger'] {
    anchor-name: --qti-inline-choice-trigger;
  }

  [part='value'] {
    display: inline-flex;
    align-items: center;
    gap: 0.5rem;
    min-width: 0;
  }

  [part~='dropdown-icon'] {
    line-height: 1;
  }

  [part='menu'] {
    position-anchor: --qti-inline-choice-trigger;
    inset: auto;
    margin: 0;
    z-index: 1000;
    top: calc(anchor(bottom) + 4px);
    left: anchor(left);
    min-width: anchor-size(width);
    max-width: min(90vw, 36rem);
    max-height: min(40vh, 20rem);
    position-try-fallbacks: flip-block, flip-inline;
  }

  button[part~='option'] {
    width: 100%;
  }

  [part='option-content'] {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    flex-wrap: nowrap;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
    min-width: 0;
  }

  button[part~='option'] img,
  button[part='trigger'] img,
  [part='menu'] img {
    display: inline-block;
    vertical-align: middle;
  }
`,ud=Pp;var Vp=0,wt=class extends V{constructor(){super();this.options=[];this.correctOption="";this._dropdownOpen=!1;this._slotObserver=null;this._menuId=`qti-inline-choice-menu-${Vp++}`;this.#o=e=>{(this.disabled||this.readonly)&&e.preventDefault()};this.#s=e=>{this.disabled||this.readonly||(e.key==="ArrowDown"||e.key==="Enter"||e.key===" ")&&(e.preventDefault(),this.#n(!0))};this.#a=e=>{let i=e.newState==="open";this._dropdownOpen!==i&&(this._dropdownOpen=i)};this.#c=e=>{if(!this._dropdownOpen)return;if(e.key==="Escape"){e.preventDefault(),this.#n(!1),this.#d();return}let t=this.#v(),i=this.renderRoot.activeElement,n=this.#l(),o=i||(n instanceof HTMLElement&&this.#u(n)?n:null),a=t.findIndex(l=>l===o);if(e.key==="ArrowDown"&&(e.preventDefault(),t[Math.min(t.length-1,Math.max(0,a+1))]?.focus()),e.key==="ArrowUp"&&(e.preventDefault(),t[Math.max(0,a-1)]?.focus()),e.key==="Enter"||e.key===" "){if(!o)return;if(e.preventDefault(),o instanceof HTMLButtonElement)o.click();else{let l=o.getAttribute("identifier")??"";this.#i(l)}}};this.#b=()=>{this.#t()};this.#f=e=>{if(this.disabled||this.readonly)return;let i=e.currentTarget.getAttribute("identifier")??"";this.#i(i)};this.internals.role="listbox"}get isInline(){return!0}static get styles(){return[ud]}render(){let e=this.#e();return x`
      <button
        part="trigger"
        type="button"
        @click=${this.#o}
        @keydown=${this.#s}
        aria-haspopup="listbox"
        aria-expanded="${this._dropdownOpen?"true":"false"}"
        aria-controls="${this._menuId}"
        popovertarget="${this._menuId}"
        popovertargetaction="toggle"
        ?disabled="${this.disabled}"
        data-readonly="${this.readonly?"true":"false"}"
      >
        <span part="value">${Xt(e?.textContent??"")}</span>
        <span part="${this._dropdownOpen?"dropdown-icon dropdown-icon-open":"dropdown-icon"}" aria-hidden="true"
          >▾</span
        >
      </button>
      <div
        id="${this._menuId}"
        part="menu"
        role="listbox"
        popover="auto"
        @toggle=${this.#a}
        @keydown=${this.#c}
      >
        <button
          part="${this.options[0]?.selected?"option option-prompt option-selected":"option option-prompt"}"
          type="button"
          role="option"
          aria-selected="${this.options[0]?.selected?"true":"false"}"
          @click=${()=>this.#i("")}
        >
          <span part="option-content">${Xt(this.options[0]?.textContent??"")}</span>
        </button>
        <slot @slotchange=${this.#b}></slot>
      </div>
      ${Xt(this.correctOption)}
    `}async connectedCallback(){super.connectedCallback(),this.#t(),this.#g(),await this.updateComplete,this.#r()}disconnectedCallback(){super.disconnectedCallback(),this.#y(),this._slotObserver?.disconnect(),this._slotObserver=null}willUpdate(e){e.has("configContext")&&this.#t()}updated(e){e.has("_dropdownOpen")&&this._dropdownOpen&&(this.#p(),this.#v()[0]?.focus()),(e.has("disabled")||e.has("readonly"))&&this.#p()}#e(){return this.options.find(e=>e.selected)??this.options[0]}#t(){let e=Array.from(this.querySelectorAll("qti-inline-choice")),t=this.dataset.prompt||this.configContext?.inlineChoicePrompt||"select",i=this.options.find(a=>a.selected)?.value??"",n=[{textContent:t,value:"",selected:i===""},...e.map(a=>{let l=a.getAttribute("identifier")??"";return{textContent:a.innerHTML,value:l,selected:l!==""&&l===i}})],o=n.some(a=>a.selected);this.options=o?n:n.map((a,l)=>({...a,selected:l===0})),this.#p(),this.#r()}#r(){let e=this.#h(),t=this.renderRoot.querySelector('button[part="trigger"]');if(!e||!t)return;let i=t.querySelector('span[part~="dropdown-icon"]'),n=i?i.getBoundingClientRect().width:0,o=e.matches(":popover-open"),a=e.style.visibility,l=e.style.display;o||(e.style.visibility="hidden",e.style.display="block",e.showPopover());let c=e.getBoundingClientRect().width,p=Math.max(c,e.scrollWidth);o||(e.hidePopover(),e.style.visibility=a,e.style.display=l),t.style.width=`${p+n}px`}validate(){let e=this.options.find(t=>t.selected);return e?e.value!=="":!1}reset(){this.#n(!1),this.options=this.options.map((e,t)=>({...e,selected:t===0})),this.#p()}set response(e){let t=e??"";this.options=this.options.map(i=>({...i,selected:i.value===t})),this.#p()}get response(){let e=this.options.find(t=>t.selected)?.value??"";return e===""?null:e}toggleInternalCorrectResponse(e){super.toggleInternalCorrectResponse(e);let t=this.correctResponse;if(!e||!t){this.correctOption="";return}let i=this.options.find(n=>t===n.value);if(!i){this.correctOption="";return}this.correctOption=`<span part="correct-option" style="border:1px solid var(--qti-correct); border-radius:4px; padding: 2px 4px; margin: 4px; display:inline-block">${i.textContent}</span>`}#i(e){this.options=this.options.map(t=>({...t,selected:t.value===e})),this.#p(),this.saveResponse(e),this.#n(!1)}#n(e){let t=this.#h();if(t){if(e){t.matches(":popover-open")||t.showPopover();return}t.matches(":popover-open")&&t.hidePopover()}}#o;#s;#a;#c;#d(){this.renderRoot.querySelector('button[part="trigger"]')?.focus()}#l(){let e=document.activeElement;for(;e&&e instanceof HTMLElement&&e.shadowRoot?.activeElement;)e=e.shadowRoot.activeElement;return e}#u(e){return e===this||this.contains(e)||this.renderRoot.contains(e)}#h(){return this.renderRoot.querySelector(`#${this._menuId}`)}#g(){this._slotObserver=new MutationObserver(()=>this.#t()),this._slotObserver.observe(this,{childList:!0,subtree:!0})}#b;#f;#y(){let e=Array.from(this.querySelectorAll("qti-inline-choice"));for(let t of e)t.removeEventListener("click",this.#f),t.removeAttribute("tabindex"),t.internals.role=null,t.internals.ariaSelected=null,t.internals.ariaChecked="false",t.internals.states.delete("--checked")}async#p(){await this.updateComplete;let e=this.options.find(i=>i.selected)?.value??"",t=Array.from(this.querySelectorAll("qti-inline-choice"));for(let i of t){let o=(i.getAttribute("identifier")??"")===e;i.removeEventListener("click",this.#f),i.addEventListener("click",this.#f),i.disabled=this.disabled,i.readonly=this.readonly,i.internals.role="option",i.internals.ariaSelected=o?"true":"false",i.internals.ariaChecked=o?"true":"false",i.internals.ariaDisabled=this.disabled?"true":"false",i.internals.ariaReadOnly=this.readonly?"true":"false",i.removeAttribute("aria-disabled"),i.removeAttribute("aria-readonly"),o?i.internals.states.add("--checked"):i.internals.states.delete("--checked"),i.tabIndex=-1}}#v(){let e=this.renderRoot.querySelector('button[part~="option"]'),t=Array.from(this.querySelectorAll("qti-inline-choice"));return[...e?[e]:[],...t]}};d([M()],wt.prototype,"options",2),d([M()],wt.prototype,"correctOption",2),d([M()],wt.prototype,"_dropdownOpen",2),d([$({context:be,subscribe:!0}),g({attribute:!1})],wt.prototype,"configContext",2);customElements.define("qti-inline-choice-interaction",wt);var md=E`
  slot:not([hidden]) {
    /* slot where the */
    display: flex;
    flex-direction: column;
    gap: 0.5rem;
  }
  :host(.qti-choices-top) slot {
    flex-direction: column;
  }
  :host(.qti-choices-bottom) slot {
    flex-direction: column-reverse;
  }
  :host(.qti-choices-left) slot {
    flex-direction: row;
  }
  :host(.qti-choices-right) slot {
    flex-direction: row-reverse;
  }
  slot[name='prompt'] {
    display: block;
  }
  ::slotted(qti-simple-match-set) {
    /* Make sure the drag and drop container slots have the same width */
    flex: 1;
  }
`;var Dp=Ae(V,"qti-simple-match-set:first-of-type qti-simple-associable-choice, qti-simple-match-set:last-of-type > qti-simple-associable-choice > qti-simple-associable-choice","qti-simple-match-set:last-of-type > qti-simple-associable-choice","qti-simple-match-set:first-of-type"),Ct=class extends Te(Dp,'[qti-draggable="true"]'){constructor(){super(...arguments);this.lastCheckedRadio=null;this.class="";this._response=[];this.responseIdentifier="";this.correctOptions=null;this.handleRadioClick=e=>{let t=e.target;this.lastCheckedRadio===t?(t.checked=!1,this.lastCheckedRadio=null,this.handleRadioChange(e)):this.lastCheckedRadio=t};this.handleRadioChange=e=>{let t=e.target,i=t.value,n=t.name,o=t.type;t.checked?(this.response?this.response.indexOf(i)===-1&&(o==="radio"&&(this.response=(this.response||[]).filter(a=>a.indexOf(n)===-1)),this.response=[...this.response,i]):this.response=[i],this.lastCheckedRadio=t):(this.response=(this.response||[]).filter(a=>a!==i),this.lastCheckedRadio=null),this.requestUpdate(),this.dispatchEvent(new CustomEvent("qti-interaction-response",{bubbles:!0,composed:!0,detail:{responseIdentifier:this.responseIdentifier,response:Array.isArray(this.response)?[...this.response]:this.response}}))}}static{this.styles=md}get response(){return this.classList.contains("qti-match-tabular")?this._response:super.response}set response(e){this.classList.contains("qti-match-tabular")?this._response=e:super.response=e}async connectedCallback(){super.connectedCallback(),this.sourceChoices=Array.from(this.querySelectorAll("qti-simple-match-set:first-of-type qti-simple-associable-choice")),this.targetChoices=Array.from(this.querySelectorAll("qti-simple-match-set:last-of-type qti-simple-associable-choice")),this.response=[]}validate(){return this.class.split(" ").includes("qti-match-tabular")?this.response?.length===this.sourceChoices.length:super.validate()}#e(e){if(!e.correctResponse)return[];let t=Array.isArray(e.correctResponse)?e.correctResponse:[e.correctResponse],i=[];return t&&t.forEach(n=>{let o=n.split(" ");i.push({source:o[0],target:o[1]})}),i}toggleInternalCorrectResponse(e){let t=this.responseVariable;if(!t?.correctResponse){this.querySelectorAll(".correct-option").forEach(n=>n.remove());return}let i=this.#e(t);this.class.split(" ").includes("qti-match-tabular")?e?this.correctOptions=i||[]:this.correctOptions=null:e?(this.querySelectorAll(".correct-option").forEach(n=>n.remove()),this.targetChoices.forEach(n=>{let o=n.getAttribute("identifier"),a=i.find(l=>l.target===o);if(a?.source){let c=this.querySelector(`qti-simple-associable-choice[identifier="${a.source}"]`)?.textContent?.trim();if(c&&!n.previousElementSibling?.classList.contains("correct-option")){let p=document.createElement("span");p.classList.add("correct-option"),p.textContent=c,p.style.border="1px solid var(--qti-correct)",p.style.borderRadius="4px",p.style.padding="2px 4px",p.style.display="inline-block",n.insertAdjacentElement("beforebegin",p)}}})):this.correctOptions=null}toggleCandidateCorrection(e){let t=this.responseVariable;if(!t?.correctResponse)return;let i=this.#e(t);this.targetChoices.forEach(n=>{let o=n.getAttribute("identifier"),a=i.filter(c=>c.target===o);n.querySelectorAll("qti-simple-associable-choice").forEach(c=>{if(c.internals.states.delete("candidate-correct"),c.internals.states.delete("candidate-incorrect"),!e)return;a.find(u=>u.source===c.identifier)?.source!==void 0?c.internals.states.add("candidate-correct"):c.internals.states.add("candidate-incorrect")})})}render(){let e=this.class.split(" ").includes("qti-match-tabular"),t=this.correctOptions!==null;return x`
      <slot name="prompt"></slot>
      <slot ?hidden=${e}></slot>

      ${e?x`
            <table part="table">
              <tr part="r-header">
                <td></td>
                ${this.targetChoices.map(i=>x`<th part="r-header">${Xt(i.innerHTML)}</th>`)}
              </tr>

              ${this.sourceChoices.map(i=>x`<tr part="row">
                    <td part="c-header">${Xt(i.innerHTML)}</td>
                    ${this.targetChoices.map(n=>{let o=i.getAttribute("identifier"),a=n.getAttribute("identifier"),l=`${o} ${a}`,c=(this.response||[]).filter(w=>w.split(" ")[0]===o).length||0,p=this.response?.includes(l)||!1,u=i.matchMax===1?"radio":"checkbox",h=!!this.correctOptions?.find(w=>w.source===o&&w.target===a),y=u==="radio"?`rb ${p?"rb-checked":""} ${t?h?"rb-correct":"rb-incorrect":""}`:`cb ${p?"cb-checked":""} ${t?h?"cb-correct":"cb-incorrect":""}`,v=this.correctOptions?.length>0?!0:i.matchMax===1?!1:i.matchMax!==0&&c>=i.matchMax&&!p;return x`<td part="input-cell">
                        <div
                          class="input-container"
                          style="position: relative; width: 24px; height: 24px; margin: 0 auto;"
                        >
                          <input
                            type=${u}
                            part=${y}
                            name=${o}
                            value=${l}
                            .disabled=${v}
                            @change=${w=>this.handleRadioChange(w)}
                            @click=${w=>i.matchMax===1?this.handleRadioClick(w):null}
                          />
                          ${u==="checkbox"&&p?x`
                                <svg
                                  part="checkmark"
                                  viewBox="0 0 24 24"
                                  style="position: absolute; width: 20px; height: 20px; top: 2px; left: 2px; pointer-events: none;"
                                >
                                  <path d="M9 16.17L4.83 12l-1.42 1.41L9 19 21 7l-1.41-1.41L9 16.17z" fill="white" />
                                </svg>
                              `:""}
                        </div>
                      </td>`})}
                  </tr>`)}
            </table>
          `:O}

      <div role="alert" part="message" id="validation-message"></div>
    `}};d([g({type:String})],Ct.prototype,"class",2),d([M()],Ct.prototype,"_response",2),d([g({type:String,attribute:"response-identifier"})],Ct.prototype,"responseIdentifier",2),d([M()],Ct.prototype,"correctOptions",2);customElements.define("qti-match-interaction",Ct);var hd=E``;var ho=class extends V{static{this.styles=hd}#e=null;reset(){this.#e=null}validate(){return!0}get response(){return this.#e?this.#e.toString():null}set response(r){if(r)if(!isNaN(parseInt(r?.toString())))this.#e=parseInt(r.toString());else throw new Error(`Value must be a number ${r}`)}static get properties(){return{...V.properties,step:{type:Number,attribute:"step",default:10}}}render(){return x` <slot name="prompt"></slot>
      <slot></slot>`}constructor(){super()}connectedCallback(){super.connectedCallback();let r=this.querySelector("audio")||this.querySelector("video")||this.querySelector("object");r&&r.addEventListener("ended",()=>{this.#e++,this.saveResponse(this.value)})}};customElements.define("qti-media-interaction",ho);var fd=E`
  [part='drags'] {
    display: flex;
    align-items: flex-start;
    flex: 1;
    flex-wrap: wrap;
  }

  [part='drops'] {
    flex: 1;
    display: grid;
    grid-auto-flow: column;
    grid-auto-columns: 1fr;
  }

  :host([orientation='horizontal']) [part='drags'] {
    flex-direction: row;
  }
  :host([orientation='horizontal']) [part='drops'] {
    grid-auto-flow: column;
  }
  :host([orientation='vertical']) [part='drags'] {
    flex-direction: column;
  }
  :host([orientation='vertical']) [part='drops'] {
    grid-auto-flow: row;
  }

  [part='drop-list'] {
    display: block;
    flex: 1;
  }

  [part='drop-list'][active] {
    border-color: var(--qti-border-active) !important;
    background-color: var(--qti-bg-active) !important;
  }

  [part='drop-list'][enabled] {
    background-color: var(--qti-bg-active) !important;
  }

  [part='drop-list'][data-cross-slot-target] {
    border-color: var(--qti-border-active, #0066cc) !important;
    background-color: var(--qti-bg-active, rgba(0, 102, 204, 0.1)) !important;
    outline: 2px dashed var(--qti-border-active, #0066cc);
    outline-offset: -2px;
  }

  /* Candidate correction colors for choices placed inside drop-lists. */
  drop-list [qti-draggable='true']:state(candidate-correct),
  [part='qti-simple-choice']:state(candidate-correct) {
    background-color: var(--qti-correct) !important;
  }

  drop-list [qti-draggable='true']:state(candidate-incorrect),
  [part='qti-simple-choice']:state(candidate-incorrect) {
    background-color: var(--qti-incorrect) !important;
  }

  [part='container'] {
    display: flex;
    gap: 0.5rem;
  }
  :host(.qti-choices-top) [part='container'] {
    flex-direction: column;
  }
  :host(.qti-choices-bottom) [part='container'] {
    flex-direction: column-reverse;
  }
  :host(.qti-choices-left) [part='container'] {
    flex-direction: row;
  }
  :host(.qti-choices-right) [part='container'] {
    flex-direction: row-reverse;
  }
`;var Np=Ae(V,"qti-simple-choice","drop-list","slot[part='drags']"),Et=class extends Te(Np,'[qti-draggable="true"]'){constructor(){super(...arguments);this.nrChoices=0;this.correctResponses=[];this.showCorrectResponses=!1}static{this.styles=fd}#e(){let e=this.responseVariable;return e?.correctResponse?(Array.isArray(e.correctResponse)?e.correctResponse:[e.correctResponse]).map((i,n)=>{let[o,a]=i.split(" "),l=a?.startsWith("droplist")?parseInt(a.replace("droplist",""),10):n,c=Number.isNaN(l)?n:l;return{identifier:o,dropIndex:c}}).filter(i=>!!i.identifier):[]}render(){let e=Array.from(this.querySelectorAll("qti-simple-choice"));return this.nrChoices<e.length&&(this.nrChoices=e.length),x` <slot name="prompt"> </slot>
      <div part="container">
        <slot part="drags"> </slot>
        <div part="drops">
          ${[...Array(this.nrChoices)].map((t,i)=>x`<drop-list role="region" part="drop-list" identifier="droplist${i}"></drop-list>`)}
        </div>
      </div>`}toggleCorrectResponse(e){if(this.shadowRoot.querySelectorAll(".correct-option").forEach(t=>t.remove()),e){let t=this.#e(),i=new Map;Array.from(this.querySelectorAll("qti-simple-choice")).forEach(n=>{let o=n.getAttribute("identifier"),a=n.textContent?.trim();o&&a&&i.set(o,a)}),t.forEach(({identifier:n,dropIndex:o})=>{let a=i.get(n);if(!a)return;let l=this.shadowRoot.querySelector(`drop-list[identifier="droplist${o}"]`);if(!l)return;let c=document.createElement("span");c.classList.add("correct-option"),c.textContent=a,c.style.border="1px solid var(--qti-correct)",c.style.borderRadius="4px",c.style.padding="2px 4px",c.style.display="inline-block",c.style.marginTop="4px",l.insertAdjacentElement("afterend",c)})}}toggleCandidateCorrection(e){if(super.toggleCandidateCorrection(e),Array.from(this.shadowRoot.querySelectorAll('drop-list [qti-draggable="true"]')).forEach(a=>{a.internals.states.delete("candidate-correct"),a.internals.states.delete("candidate-incorrect")}),!e)return;let i=this.#e(),n=new Map;i.forEach(a=>n.set(a.dropIndex,a.identifier)),Array.from(this.shadowRoot.querySelectorAll("drop-list")).forEach((a,l)=>{let c=a.querySelector('[qti-draggable="true"]');if(!c)return;let p=n.get(l),u=c.getAttribute("identifier");p&&u===p?c.internals.states.add("candidate-correct"):c.internals.states.add("candidate-incorrect")})}getValue(e){return e?.map((t,i)=>`${t} droplist${i}`)||[]}getResponse(){return Array.from(this.shadowRoot.querySelectorAll("drop-list")).map(i=>{let n=i.querySelectorAll('[qti-draggable="true"]');return[...Array.from(n).map(a=>a.getAttribute("identifier"))].join(" ")})}shouldTreatBlockedMaxAsInvalid(){return!1}async firstUpdated(){super.firstUpdated(),this.childrenMap=Array.from(this.querySelectorAll("qti-simple-choice")),this.childrenMap.forEach(e=>e.setAttribute("part","qti-simple-choice"))}};d([M()],Et.prototype,"nrChoices",2),d([M()],Et.prototype,"correctResponses",2),d([M()],Et.prototype,"showCorrectResponses",2),d([g({type:String})],Et.prototype,"orientation",2);customElements.define("qti-order-interaction",Et);var gd=E`
  :host {
    display: block;
    width: 100%;
    min-height: 50px;
  }

  ::slotted(qti-interaction-markup) {
    display: none;
  }
`;var K=class extends V{constructor(){super(...arguments);this._iframeLoaded=!1;this._pendingMessages=[];this._iframeMessageOrigin=null;this._iframeObjectUrl=null;this.requirePathsJson="";this.requireShimJson="";this.requireJsUrl="https://cdnjs.cloudflare.com/ajax/libs/require.js/2.3.6/require.min.js";this.baseUrl="";this.useDefaultPaths=!1;this._errorMessage=null;this.response=null;this.#t=null;this.#r=null;this.#i=null;this.#n="";this.handleIframeMessage=e=>{let{data:t}=e;if(!(!t||t.source!=="qti-pci-iframe")&&!(!this.iframe?.contentWindow||e.source!==this.iframe.contentWindow)&&!(t.responseIdentifier&&t.responseIdentifier!==this.responseIdentifier)){if(this._iframeMessageOrigin===null)this._iframeMessageOrigin=e.origin;else if(e.origin!==this._iframeMessageOrigin)return;switch(t.method){case"iframeReady":this.#q(),this.#y(),this.dispatchEvent(new CustomEvent("qti-portable-custom-interaction-loaded",{bubbles:!0}));break;case"resize":typeof t.height=="number"&&this.iframe&&(this.iframe.style.height=`${t.height}px`,this.iframe.style.width=`${t.width}px`);break;case"console":this.dispatchEvent(new CustomEvent("qti-pci-console",{detail:{level:t.level,args:t.args},bubbles:!0}));break;case"interactionChanged":{let i=t?.params?.value,n=i&&typeof i=="object"?this.#d(i):null,o=typeof t?.params?.valid=="boolean"?t.params.valid:null,a=typeof t?.params?.customValidity=="string"?t.params.customValidity:null;o!==null&&(this.#i=o,o&&a===null&&(this.#n="")),a!==null&&(this.#n=a);let l=t?.params?.state,c;if(l===void 0)c=void 0;else if(l===null)c=null;else if(typeof l=="string")c=l;else try{c=`__qti_json__::${JSON.stringify(l)}`}catch{c=null}if(n===null){let p=this.responseVariable?.cardinality==="single"?"":[];this.response=p,this.validate(),this.saveResponse(p,c);break}this.response=n,this.validate(),this.saveResponse(n,c);break}case"error":this._errorMessage=t.params.message,console.error("Error from PCI iframe:",t.params.message);break}}};this.#m=null}#e;static{this.styles=[gd,E`
      :host {
        display: block;
        width: 100%;
        min-height: 50px;
      }
    `]}#t;#r;#i;#n;#o(){if(this.#t===null&&this.requirePathsJson)try{let e=JSON.parse(this.requirePathsJson);if(Array.isArray(e)||!e||typeof e!="object")throw new Error("Require paths must be a JSON object.");this.#t=e}catch(e){console.error("Error parsing require paths JSON:",e),this._errorMessage=`Error parsing require paths JSON: ${e.message}`,this.#t={}}return this.#t||{}}#s(){if(this.#r===null&&this.requireShimJson)try{this.#r=JSON.parse(this.requireShimJson)}catch(e){console.error("Error parsing require shim JSON:",e),this._errorMessage=`Error parsing require shim JSON: ${e.message}`,this.#r={}}return this.#r||{}}#a(){return this.#o()}#c(){return this.#s()}#d(e){for(let t in e)if(e.hasOwnProperty(t)){let i=e[t];if(i){for(let n in i)if(i.hasOwnProperty(n)){let o=i[n];if(Array.isArray(o))return o.map(String);if(o!=null)return String(o)}}}return null}getDirectChildrenByTag(e){let t=e.toLowerCase();return Array.from(this.children).filter(i=>i.tagName.toLowerCase()===t)}coerceBaseValue(e,t){if(e==null)return e;switch(t){case"integer":{if(typeof e=="number")return e;let i=parseInt(String(e),10);return Number.isNaN(i)?e:i}case"float":case"duration":{if(typeof e=="number")return e;let i=parseFloat(String(e));return Number.isNaN(i)?e:i}case"boolean":{if(typeof e=="boolean")return e;if(typeof e=="string"){let i=e.toLowerCase();if(i==="true")return!0;if(i==="false")return!1}return e}default:return String(e)}}normalizeListValue(e){return e==null?[]:Array.isArray(e)?e:[e]}variableToQtiVariableJSON(e,t,i){if(t==="record"||i==="record")return this.recordToQtiVariableJSON(e);if(t!=="single"){let n=this.normalizeListValue(e).map(o=>this.coerceBaseValue(o,i));return{list:{[i]:n}}}return{base:{[i]:this.coerceBaseValue(e,i)}}}recordToQtiVariableJSON(e){if(!e||typeof e!="object")return{record:[]};let t=[];for(let[i,n]of Object.entries(e))t.push(this.recordEntryFromValue(i,n));return{record:t}}recordEntryFromValue(e,t){if(Array.isArray(t)){let i=t.filter(n=>n!=null);if(i.length&&i.every(n=>typeof n=="boolean"))return{name:e,list:{boolean:i}};if(i.length&&i.every(n=>typeof n=="number")){let n=i,o=n.every(a=>Number.isInteger(a));return{name:e,list:{[o?"integer":"float"]:n}}}return{name:e,list:{string:t.map(n=>n==null?"":String(n))}}}if(typeof t=="boolean")return{name:e,base:{boolean:t}};if(typeof t=="number")return Number.isInteger(t)?{name:e,base:{integer:t}}:{name:e,base:{float:t}};if(t==null)return{name:e,base:{string:""}};if(typeof t=="object")try{return{name:e,base:{string:JSON.stringify(t)}}}catch{return{name:e,base:{string:String(t)}}}return{name:e,base:{string:String(t)}}}getQtiContextDefaultsFromItem(){let e=this.closest("qti-assessment-item");if(!e)return{};let t={};return e.querySelectorAll('qti-context-declaration[identifier="QTI_CONTEXT"]').forEach(n=>{let o=n.querySelector("qti-default-value");if(!o)return;o.querySelectorAll("qti-value[field-identifier]").forEach(l=>{let c=l.getAttribute("field-identifier");if(!c)return;let p=l.getAttribute("base-type")||"string",u=l.textContent?.trim()||"";t[c]=this.coerceBaseValue(u,p)})}),t}getQtiContextRecord(){let e=this.getQtiContextDefaultsFromItem(),t=this.qtiContext?.QTI_CONTEXT||{},i={...e,...t};if(!Object.keys(i).length)return null;let n={candidateIdentifier:i.candidateIdentifier??"",testIdentifier:i.testIdentifier??"",environmentIdentifier:i.environmentIdentifier??"",...i};return this.recordToQtiVariableJSON(n)}getTemplateVariables(){let e={},t=this.getDirectChildrenByTag("qti-template-variable");return t.length&&t.forEach(i=>{let n=i.getAttribute("template-identifier")||i.getAttribute("identifier")||"";if(!n)return;let o=this.context?.variables?.find(c=>c.identifier===n);if(!o)return;let a=o.cardinality||"single",l=o.baseType||"string";e[n]=this.variableToQtiVariableJSON(o.value,a,l)}),e}getContextVariables(){let e={},t=this.getDirectChildrenByTag("qti-context-variable");return t.length&&t.forEach(i=>{let n=i.getAttribute("identifier")||"";if(!n)return;if(n==="QTI_CONTEXT"){let c=this.getQtiContextRecord();c&&(e[n]=c);return}let o=this.context?.variables?.find(c=>c.identifier===n);if(!o)return;let a=o.cardinality||"single",l=o.baseType||"string";e[n]=this.variableToQtiVariableJSON(o.value,a,l)}),e}#l(e){let t={...e};for(let i in e)if(Object.prototype.hasOwnProperty.call(e,i)){let n=i.replace(/[A-Z]/g,o=>`-${o.toLowerCase()}`);t[n]=e[i]}return t}#u(e){let t={...e},i=(n,o,a)=>{let l=n;for(let c=0;c<o.length;c+=1){let p=o[c];if(c===o.length-1){l[p]=a;return}(!l[p]||typeof l[p]!="object"||Array.isArray(l[p]))&&(l[p]={}),l=l[p]}};for(let[n,o]of Object.entries(e)){if(!n.includes("__"))continue;let a=n.split("__").filter(Boolean);a.length<2||i(t,a,o)}return t}responseVariablesToQtiVariableJSON(e,t,i){if(t!=="single"){let n={list:{}};return n.list[i]=e,n}else{let n={base:{}};return n.base[i]=e,n}}#h(){return this.response===null||this.response===void 0?!1:Array.isArray(this.response)?this.response.length===0?!1:this.response.some(e=>e!==""&&e!==null&&e!==void 0):this.response!==""}#g(e,t){let i=this.dataset.invalidresponsemessage||"Invalid response.",n=e?"":t&&t.trim().length>0?t:i;this._internals.setValidity(e?{}:{customError:!0},n)}validate(){let e=typeof this.#i=="boolean"?this.#i:this.#h();return this.#g(e,this.#n),e}set value(e){e===null?this.#e=[]:this.#e=Array.isArray(e)?e:e.split(",")}get value(){return this.#e===null||this.#e===void 0?null:Array.isArray(this.#e)?this.#e.join(","):String(this.#e)}set boundTo(e){if(!e||!e[this.responseIdentifier])return;let t=this.#d(e[this.responseIdentifier]);this.#e=t,this.saveResponse(t)}get boundTo(){let e={};if(this.context?.variables?.find(i=>i.identifier===this.responseIdentifier)){let i=this.context?.variables?.find(l=>l.identifier===this.responseIdentifier)?.cardinality||"single",n=this.context?.variables?.find(l=>l.identifier===this.responseIdentifier)?.baseType||"string",o=this.context?.variables?.find(l=>l.identifier===this.responseIdentifier)?.value||null,a=this.responseVariablesToQtiVariableJSON(o,i,n);e[this.responseIdentifier]=a}return e}#b(e){return e&&e.replace(/&amp;/g,"&").replace(/&lt;/g,"<").replace(/&gt;/g,">").replace(/&quot;/g,'"').replace(/&#x27;/g,"'").replace(/&#x2F;/g,"/").replace(/&#x60;/g,"`").replace(/&#x3D;/g,"=")}#f(e){let t={};for(let[i,n]of Object.entries(e))typeof n=="string"?t[i]=this.#b(n):t[i]=n;return t}disconnectedCallback(){super.disconnectedCallback(),window.removeEventListener("message",this.handleIframeMessage),this._iframeObjectUrl&&(URL.revokeObjectURL(this._iframeObjectUrl),this._iframeObjectUrl=null)}sendMessageToIframe(e,t){let i=this.iframe?.contentWindow;if(!this._iframeLoaded||!i){this._pendingMessages.push({method:e,params:t});return}i.postMessage({source:"qti-portable-custom-interaction",responseIdentifier:this.responseIdentifier,method:e,params:t},"*")}#y(){this._pendingMessages.length&&(this._pendingMessages.forEach(e=>{this.sendMessageToIframe(e.method,e.params)}),this._pendingMessages=[])}createIframe(){this._iframeObjectUrl&&(URL.revokeObjectURL(this._iframeObjectUrl),this._iframeObjectUrl=null),this.iframe=document.createElement("iframe"),this.iframe.id=`pci-iframe-${this.responseIdentifier}`,this.iframe.setAttribute("title","QTI PCI Iframe"),this.iframe.setAttribute("aria-label","QTI PCI Iframe"),this.iframe.setAttribute("aria-hidden","false"),this.iframe.setAttribute("role","application"),this.iframe.style.width="100%",this.iframe.style.border="none",this.iframe.style.display="block",this.iframe.onload=()=>{this._iframeLoaded=!0,this._iframeObjectUrl&&(URL.revokeObjectURL(this._iframeObjectUrl),this._iframeObjectUrl=null),this.#x(),this.#p()};let e=`qti-pci-${this.responseIdentifier}-${Date.now()}`;this.iframe.name=e;let t=this.generateIframeContent();try{let i=new Blob([t],{type:"text/html"});this._iframeObjectUrl=URL.createObjectURL(i),this.iframe.src=this._iframeObjectUrl}catch{let i=encodeURIComponent(t);this.iframe.src=`data:text/html;charset=utf-8,${i}`}this.appendChild(this.iframe)}#p(){let e=this.#l(this.#u(this.#f({...this.dataset}))),t=this.context?.state?.[this.responseIdentifier],i=typeof t=="string"&&t.length>0?t:null,n={module:this.module,customInteractionTypeIdentifier:this.customInteractionTypeIdentifier,baseUrl:this.baseUrl?this.baseUrl.startsWith("http")||this.baseUrl.startsWith("blob")||this.baseUrl.startsWith("base64")?this.baseUrl:yn(`${window.location.origin}${this.baseUrl}`):window.location.origin,responseIdentifier:this.responseIdentifier,properties:e,contextVariables:this.getContextVariables(),templateVariables:this.getTemplateVariables(),dataAttributes:{...this.dataset},interactionModules:this.#v(),boundTo:i?null:this.boundTo,state:i};this.sendMessageToIframe("initialize",n)}#v(){let e=[],t=this.querySelector("qti-interaction-modules");if(t){let i=t.querySelectorAll("qti-interaction-module");for(let n of i)e.push({id:n.getAttribute("id"),primaryPath:n.getAttribute("primary-path"),fallbackPath:n.getAttribute("fallback-path")})}return e}#x(){let e=this.querySelector("qti-interaction-markup");e&&this.sendMessageToIframe("setMarkup",e.innerHTML);let t=Array.from(this.querySelectorAll("qti-stylesheet"));if(t.length){let n=t.map(o=>o.outerHTML).join(`
`);this.sendMessageToIframe("setStylesheets",n)}let i=this.querySelector("properties");i&&this.sendMessageToIframe("setProperties",i.innerHTML)}#q(){}connectedCallback(){super.connectedCallback(),this.#i=null,this.#n="",this.response=this.responseVariable?.value??null,window.addEventListener("message",this.handleIframeMessage),this.createIframe()}generateIframeContent(){let e=window.getComputedStyle(document.body),t=JSON.stringify(this.#a()),i=JSON.stringify(this.#c()),n=this.dataset.baseUrl?this.dataset.baseUrl.startsWith("/")?`${window.location.origin}${this.dataset.baseUrl}`:this.dataset.baseUrl:"",o=this.dataset.forwardConsole==="true",a=window.location.hostname==="localhost"||window.location.hostname==="127.0.0.1",l=a?`${window.location.origin}/cdn/index.js`:"https://unpkg.com/@citolab/qti-components/cdn",c=a?`${window.location.origin}/dist/item.css`:"https://unpkg.com/@citolab/qti-components@latest/dist/item.css",p=this.dataset.componentsCdnUrl||l,u=this.dataset.componentsCssUrl||c,h=`
    font-family: ${e.getPropertyValue("font-family")};
    font-size: ${e.getPropertyValue("font-size")};
    line-height: ${e.getPropertyValue("line-height")};
    font-weight: ${e.getPropertyValue("font-weight")};
    color: ${e.getPropertyValue("color")};
  `;return`<!DOCTYPE html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <title>QTI PCI Container</title>
          <base href="${window.location.origin}" />
          <script type="module">
            import '${p}';
          </script>
          <style>
            body, html {
              margin: 0;
              padding: 0;
              width: 100%;
              height: auto;
              overflow: hidden;
                /* Add the extracted font styles here */
              ${h}
            };
            .qti-customInteraction {
              width: 100%;
              height: 100%;
            }
            #pci-container {
              width: 100%;
            }
            qti-interaction-markup {
              display: block;
              width: 100%;
              min-height: 50px;
            }
          </style>
          <link href="${u}" rel="stylesheet" />
          <script src="${this.requireJsUrl}"></script>
          <script>
            const forwardConsole = ${o?"true":"false"};
            if (forwardConsole) {
              const originalLog = console.log.bind(console);
              const originalError = console.error.bind(console);
              const stringifyArgs = args =>
                args.map(arg => {
                  if (typeof arg === 'string') return arg;
                  try {
                    return JSON.stringify(arg);
                  } catch (e) {
                    return String(arg);
                  }
                });
              console.log = (...args) => {
                originalLog(...args);
                window.parent.postMessage(
                  {
                    source: 'qti-pci-iframe',
                    responseIdentifier: (window.PCIManager && window.PCIManager.responseIdentifier) || null,
                    method: 'console',
                    level: 'log',
                    args: stringifyArgs(args)
                  },
                  '*'
                );
              };
              console.error = (...args) => {
                originalError(...args);
                window.parent.postMessage(
                  {
                    source: 'qti-pci-iframe',
                    responseIdentifier: (window.PCIManager && window.PCIManager.responseIdentifier) || null,
                    method: 'console',
                    level: 'error',
                    args: stringifyArgs(args)
                  },
                  '*'
                );
              };
            }
            // Define standard paths and shims
            window.requirePaths = ${t};

            window.requireShim = ${i};

            // Single initial RequireJS configuration with error handling
            window.requirejs.config({
              catchError: true,
              waitSeconds: 30,
              paths: window.requirePaths,
              baseUrl: '${n}',
              shim: window.requireShim,
              onNodeCreated: function (node, config, moduleName, url) {
                // Add error handler to script node
                node.addEventListener('error', function (evt) {
                  console.error('Script load error for module:', moduleName, 'URL:', url, 'Event:', evt);
                });
              },
              onError: function (err) {
                console.error('RequireJS error:', {
                  type: err.requireType,
                  modules: err.requireModules,
                  error: err
                });

                if (err.requireType === 'scripterror') {
                  console.error('Script error usually indicates a network or CORS issue with:', err.requireModules);
                }

                // Notify parent window about the error
                window.parent.postMessage(
                  {
                    source: 'qti-pci-iframe',
                    responseIdentifier: (window.PCIManager && window.PCIManager.responseIdentifier) || null,
                    method: 'error',
                    params: {
                      message: 'RequireJS ' + err.requireType + ' error for modules: ' + err.requireModules,
                      details: {
                        type: err.requireType,
                        modules: err.requireModules,
                        error: err.toString()
                      }
                    }
                  },
                  '*'
                );
              }
            });

            // PCI Manager for iframe implementation
            window.PCIManager = {
              pciInstance: null,
              container: null,
              markupEl: null,
              propertiesEl: null,
              customInteractionTypeIdentifier: null,
              responseIdentifier: null,
              pendingBoundTo: null,
              pendingMarkup: null,
              pendingProperties: null,
              pendingState: null,
              pendingStylesheets: null,
              stylesheetKeys: {},
              interactionChangedViaEvent: false,
              eventBridgeAttached: false,
              lastResponseStr: null,
              hadResponse: false,

              initialize: function (config) {
                this.customInteractionTypeIdentifier = config.customInteractionTypeIdentifier;
                this.responseIdentifier = config.responseIdentifier;
                this.container = document.getElementById('pci-container');
                this.container.classList.add('qti-customInteraction');

                function qtiVariableHasValue(qtiVar) {
                  if (!qtiVar) return false;
                  if (qtiVar.base) {
                    for (const k in qtiVar.base) {
                      if (!Object.prototype.hasOwnProperty.call(qtiVar.base, k)) continue;
                      const v = qtiVar.base[k];
                      if (v !== null && v !== undefined && v !== '') return true;
                    }
                  }
                  if (qtiVar.list) {
                    for (const k in qtiVar.list) {
                      if (!Object.prototype.hasOwnProperty.call(qtiVar.list, k)) continue;
                      const v = qtiVar.list[k];
                      if (Array.isArray(v) && v.some(x => x !== null && x !== undefined && x !== '')) return true;
                    }
                  }
                  if (Array.isArray(qtiVar.record) && qtiVar.record.length > 0) return true;
                  return false;
                }

                const initialBoundTo = config.boundTo && config.boundTo[this.responseIdentifier];
                this.hadResponse = qtiVariableHasValue(initialBoundTo);
                this.lastResponseStr = this.hadResponse ? JSON.stringify(initialBoundTo) : null;
                // Ensure expected DOM structure exists (markup + properties)
                this.markupEl = this.container.querySelector('qti-interaction-markup');
                if (!this.markupEl) {
                  this.markupEl = document.createElement('qti-interaction-markup');
                  this.container.appendChild(this.markupEl);
                }
                this.markupEl.classList.add('qti-customInteraction');
                this.propertiesEl = this.container.querySelector('properties');
                if (!this.propertiesEl) {
                  this.propertiesEl = document.createElement('properties');
                  this.propertiesEl.style.display = 'none';
                  this.container.appendChild(this.propertiesEl);
                } else {
                  this.propertiesEl.style.display = 'none';
                }

                // Apply any markup/properties that arrived before initialization
                if (this.pendingMarkup !== null) {
                  this.setMarkup(this.pendingMarkup);
                  this.pendingMarkup = null;
                }
                if (this.pendingProperties !== null) {
                  this.setProperties(this.pendingProperties);
                  this.pendingProperties = null;
                }
                if (this.pendingStylesheets !== null) {
                  this.setStylesheets(this.pendingStylesheets);
                  this.pendingStylesheets = null;
                }

                // Bridge qti-interaction-changed events (preferred over polling)
                if (!this.eventBridgeAttached) {
                  this.eventBridgeAttached = true;
                  const self = this;
                  this.container.addEventListener(
                    'qti-interaction-changed',
                    function (evt) {
                      try {
                        self.interactionChangedViaEvent = true;
                        const value = evt && evt.detail ? evt.detail.value : undefined;
                        if (value !== undefined) {
                          const validFromEvent =
                            evt && evt.detail && typeof evt.detail.valid === 'boolean' ? evt.detail.valid : undefined;
                          let valid = validFromEvent;
                          if (valid === undefined && self.pciInstance && typeof self.pciInstance.checkValidity === 'function') {
                            try {
                              valid = self.pciInstance.checkValidity();
                            } catch (e) {
                              // Keep undefined on PCI validity read errors.
                            }
                          }
                          const customValidityFromEvent =
                            evt && evt.detail && typeof evt.detail.customValidity === 'string'
                              ? evt.detail.customValidity
                              : undefined;
                          let customValidity = customValidityFromEvent;
                          if (
                            customValidity === undefined &&
                            self.pciInstance &&
                            typeof self.pciInstance.getCustomValidity === 'function'
                          ) {
                            try {
                              customValidity = self.pciInstance.getCustomValidity();
                            } catch (e) {
                              // Keep undefined on PCI custom validity read errors.
                            }
                          }
                          const state =
                            self.pciInstance && typeof self.pciInstance.getState === 'function'
                              ? self.pciInstance.getState()
                              : null;
                          self.notifyInteractionChanged(value, state, valid, customValidity);
                        }
                      } catch (e) {
                        // ignore bridge errors, polling fallback may still work
                      }
                    },
                    true
                  );
                }

                function getResolvablePath(path, basePath) {
                  if (Array.isArray(path)) {
                    return path.map(p => getResolvablePathString(p, basePath));
                  } else {
                    return getResolvablePathString(path, basePath);
                  }
                }

                function removeDoubleSlashes(str) {
                  return str
                    .replace(/([^:\\/])\\/\\/+/g, '$1/')
                    .replace(/\\/\\//g, '/')
                    .replace('http:/', 'http://')
                    .replace('https:/', 'https://');
                }

                function ensureDirectoryBasePath(basePath) {
                  if (!basePath) return basePath;
                  if (basePath.endsWith('/')) return basePath;
                  return basePath + '/';
                }



                function combineRequireResolvePaths(path1, path2, baseUrl) {
                  path1 = getResolvablePath(path1, baseUrl);
                  const path1Array = Array.isArray(path1) ? path1 : [path1];
                  if (!path2) {
                    return path1Array;
                  }
                  path2 = getResolvablePath(path2, baseUrl);
                  const path2Array = Array.isArray(path2) ? path2 : [path2];
                  return path1Array.concat(path2Array).filter((value, index, self) => self.indexOf(value) === index);
                }

                // Update paths with modules from the config
                if (config.interactionModules && config.interactionModules.length > 0) {
                  config.interactionModules.forEach(module => {
                    if (module.id && module.primaryPath) {
                      const currentPath = window.requirePaths[module.id] || [];
                      const currentPaths = Array.isArray(currentPath) ? currentPath : [currentPath];
                      const newPath = combineRequireResolvePaths(
                        module.primaryPath,
                        module.fallbackPath,
                        config.baseUrl
                      );
                      window.requirePaths[module.id] = newPath.concat(currentPaths)
                        .filter((value, index, self) => self.indexOf(value) === index);
                    }
                  });
                }

                // The ONLY other requirejs.config call - with the context for this specific PCI
                window.requirejs.config({
                  context: this.customInteractionTypeIdentifier,
                  paths: window.requirePaths,
                  shim: window.requireShim
                });

                // Define qtiCustomInteractionContext for the PCI
                define('qtiCustomInteractionContext', () => {
                  return {
                    register: pciInstance => {
                      this.pciInstance = pciInstance;
                      // Configure PCI instance
                      const pciConfig = {
                        properties: config.properties || {},
                        contextVariables: config.contextVariables || {},
                        templateVariables: config.templateVariables || {},
                        onready: pciInstance => {
                          this.pciInstance = pciInstance;
                          // Apply any pending updates that arrived before onready
                          if (this.pendingBoundTo) {
                            this.applyBoundTo(this.pendingBoundTo);
                            this.pendingBoundTo = null;
                          }
                          if (this.pendingState && typeof this.pciInstance.setState === 'function') {
                            this.pciInstance.setState(this.pendingState);
                            this.pendingState = null;
                          }
                          this.notifyReady();
                        },
                        ondone: (pciInstance, response, state, status) => {
                          const valid =
                            this.pciInstance && typeof this.pciInstance.checkValidity === 'function'
                              ? this.pciInstance.checkValidity()
                              : undefined;
                          const customValidity =
                            this.pciInstance && typeof this.pciInstance.getCustomValidity === 'function'
                              ? this.pciInstance.getCustomValidity()
                              : undefined;
                          this.notifyInteractionChanged(
                            response,
                            typeof state === 'string' ? state : null,
                            valid,
                            customValidity
                          );
                        },
                        responseIdentifier: config.responseIdentifier,
                        boundTo: config.boundTo
                      };

                      if (pciInstance.getInstance) {
                        const dom = this.markupEl || this.container;
                        // Round-trip support for object states (stored as a prefixed JSON string by the host).
                        // For strict string-based PCIs we pass the original string through unchanged.
                        let restoredState = config.state;
                        if (typeof restoredState === 'string' && restoredState.indexOf('__qti_json__::') === 0) {
                          try {
                            restoredState = JSON.parse(restoredState.substring('__qti_json__::'.length));
                          } catch (e) {
                            // If parsing fails, fall back to the raw string.
                            restoredState = config.state;
                          }
                        }
                        pciInstance.getInstance(dom, pciConfig, restoredState || undefined);
                      } else {
                        this.notifyError('Loaded PCI module has no getInstance().');
                      }
                    },
                    notifyReady: () => {
                      PCIManager.notifyReady();
                    }
                  };
                });

                function getResolvablePathString(path, basePath) {
                  path = path.replace(/\\.js$/, '');
                  if (/^[a-z][a-z0-9+.-]*:/i.test(path) || !basePath) {
                    return path;
                  }

                  if (path.startsWith('/') && !path.startsWith('//')) {
                    path = path.slice(1);
                  }

                  try {
                    const resolved = new URL(path, ensureDirectoryBasePath(basePath)).toString();
                    return resolved.replace(/\\.js$/, '');
                  } catch (error) {
                    return removeDoubleSlashes(ensureDirectoryBasePath(basePath) + path);
                  }
                }

                // Load the PCI module
                this.loadModule(config.module);
              },

              loadModule: function (modulePath) {
                try {
                  // Get the context-specific require
                  const contextRequire = window.requirejs.config({
                    context: this.customInteractionTypeIdentifier
                  });
                  contextRequire(['require'], require => {
                    // Now load the actual module
                    require([modulePath], () => {}, err => {
                      console.error('Error loading module:', modulePath, err);
                      this.notifyError('Module load error: ' + err.toString());
                    });
                  });
                } catch (error) {
                  console.error('Exception in loadModule:', modulePath);
                  console.error(error);
                  this.notifyError('Error in require call: ' + error.toString());
                }
              },

              notifyReady: function () {
                window.parent.postMessage(
                  {
                    source: 'qti-pci-iframe',
                    responseIdentifier: this.responseIdentifier,
                    method: 'iframeReady'
                  },
                  '*'
                );
              },

              notifyInteractionChanged: function (response, state, valid, customValidity) {
                window.parent.postMessage(
                  {
                    source: 'qti-pci-iframe',
                    responseIdentifier: this.responseIdentifier,
                    method: 'interactionChanged',
                    params: {
                      value: response,
                      state: state,
                      valid: typeof valid === 'boolean' ? valid : undefined,
                      customValidity: typeof customValidity === 'string' ? customValidity : undefined
                    }
                  },
                  '*'
                );
              },

              notifyError: function (message) {
                console.error('PCI Error:', message);
                window.parent.postMessage(
                  {
                    source: 'qti-pci-iframe',
                    responseIdentifier: this.responseIdentifier,
                    method: 'error',
                    params: { message: message }
                  },
                  '*'
                );
              },

              setMarkup: function (markupHtml) {
                if (!this.container) {
                  this.container = document.getElementById('pci-container');
                }
                if (!this.container) {
                  this.pendingMarkup = markupHtml;
                  return;
                }
                this.markupEl = this.container.querySelector('qti-interaction-markup');
                if (!this.markupEl) {
                  this.markupEl = document.createElement('qti-interaction-markup');
                  this.container.appendChild(this.markupEl);
                }
                this.markupEl.classList.add('qti-customInteraction');
                this.markupEl.innerHTML = markupHtml || '';
              },

              setProperties: function (propertiesHtml) {
                if (!this.container) {
                  this.container = document.getElementById('pci-container');
                }
                if (!this.container) {
                  this.pendingProperties = propertiesHtml;
                  return;
                }
                this.propertiesEl = this.container.querySelector('properties');
                if (!this.propertiesEl) {
                  this.propertiesEl = document.createElement('properties');
                  this.container.appendChild(this.propertiesEl);
                }
                this.propertiesEl.style.display = 'none';
                this.propertiesEl.innerHTML = propertiesHtml || '';
              },

              minifyCss: function (cssContent) {
                return cssContent
                  .replace(/\\/\\*[\\s\\S]*?\\*\\//g, '')
                  .replace(/\\s+/g, ' ')
                  .replace(/\\s*([{}:;])\\s*/g, '$1')
                  .trim();
              },

              setStylesheets: function (stylesheetsHtml) {
                if (!stylesheetsHtml) return;
                if (!this.container) {
                  this.container = document.getElementById('pci-container');
                }
                const target = this.container || document.body;
                if (!target) return;
                target.insertAdjacentHTML('afterbegin', stylesheetsHtml);
              },


              applyBoundTo: function (boundTo) {
                if (!this.pciInstance || typeof this.pciInstance.setResponse !== 'function') return;
                const value = boundTo && (boundTo[this.responseIdentifier] || boundTo[Object.keys(boundTo)[0]]);
                if (value) this.pciInstance.setResponse(value);
              }
            };

            // Set up message listener for communication with parent
            let expectedParentOrigin = null;
            window.addEventListener('message', function (event) {
              const { data } = event;

              // Ensure the message is from our parent
              if (event.source !== window.parent || !data || data.source !== 'qti-portable-custom-interaction') {
                return;
              }
              if (expectedParentOrigin === null) {
                expectedParentOrigin = event.origin;
              } else if (event.origin !== expectedParentOrigin) {
                return;
              }

              function deepQuerySelector(root, selector) {
                if (!root) return null;
                try {
                  const direct = root.querySelector ? root.querySelector(selector) : null;
                  if (direct) return direct;
                } catch (e) {
                  // ignore invalid selector for this root
                }
                if (!root.querySelectorAll) return null;
                const nodes = root.querySelectorAll('*');
                for (const node of nodes) {
                  if (node && node.shadowRoot) {
                    const found = deepQuerySelector(node.shadowRoot, selector);
                    if (found) return found;
                  }
                }
                return null;
              }

              function deepFindElementByExactText(root, text) {
                if (!root || !text) return null;
                if (root.querySelectorAll) {
                  const nodes = root.querySelectorAll('*');
                  for (const node of nodes) {
                    if ((node.textContent || '').trim() === text) return node;
                    if (node.shadowRoot) {
                      const found = deepFindElementByExactText(node.shadowRoot, text);
                      if (found) return found;
                    }
                  }
                }
                return null;
              }

              switch (data.method) {
                case 'initialize':
                  PCIManager.initialize(data.params);
                  break;

                case 'setMarkup':
                  PCIManager.setMarkup(data.params);
                  break;

                case 'setBoundTo':
                  if (PCIManager.pciInstance) {
                    PCIManager.applyBoundTo(data.params);
                  } else {
                    PCIManager.pendingBoundTo = data.params;
                  }
                  break;

                case 'setProperties':
                  PCIManager.setProperties(data.params);
                  break;

                case 'setStylesheets':
                  PCIManager.setStylesheets(data.params);
                  break;

                case 'setState':
                  if (PCIManager.pciInstance && typeof PCIManager.pciInstance.setState === 'function') {
                    PCIManager.pciInstance.setState((data.params && data.params.state) || data.params);
                  } else {
                    PCIManager.pendingState = (data.params && data.params.state) || data.params;
                  }
                  break;

                case 'getContent': {
                  const messageId = data.params && data.params.messageId;
                  const collectShadowHtml = root => {
                    const parts = [];
                    if (!root || !root.querySelectorAll) return parts;
                    const nodes = root.querySelectorAll('*');
                    for (const node of nodes) {
                      if (node && node.shadowRoot) {
                        parts.push(node.shadowRoot.innerHTML || '');
                        parts.push(...collectShadowHtml(node.shadowRoot));
                      }
                    }
                    return parts;
                  };
                  const shadowHtml = collectShadowHtml(document).join('\\n');
                  window.parent.postMessage(
                    {
                      source: 'qti-pci-iframe',
                      responseIdentifier: PCIManager.responseIdentifier,
                      method: 'getContentResponse',
                      messageId: messageId,
                      content: (document.documentElement ? document.documentElement.outerHTML : '') + '\\n' + shadowHtml
                    },
                    '*'
                  );
                  break;
                }

                case 'simulateClick': {
                  const messageId = data.params && data.params.messageId;
                  const x = data.params && data.params.x;
                  const y = data.params && data.params.y;
                  const el = typeof x === 'number' && typeof y === 'number' ? document.elementFromPoint(x, y) : null;
                  const target = (el && el.closest && el.closest('.hitbox')) || document.querySelector('.hitbox') || el;
                  if (target) {
                    const evt = new MouseEvent('click', {
                      bubbles: true,
                      clientX: x,
                      clientY: y,
                      screenX: x,
                      screenY: y,
                      view: window
                    });
                    target.dispatchEvent(evt);
                  }
                  window.parent.postMessage(
                    {
                      source: 'qti-pci-iframe',
                      responseIdentifier: PCIManager.responseIdentifier,
                      method: 'clickResponse',
                      messageId: messageId
                    },
                    '*'
                  );
                  break;
                }

                case 'getBoundingRect': {
                  const messageId = data.params && data.params.messageId;
                  const selector = data.params && data.params.selector;
                  const el = selector ? deepQuerySelector(document, selector) : null;
                  const rect = el && typeof el.getBoundingClientRect === 'function' ? el.getBoundingClientRect() : null;
                  window.parent.postMessage(
                    {
                      source: 'qti-pci-iframe',
                      responseIdentifier: PCIManager.responseIdentifier,
                      method: 'getBoundingRectResponse',
                      messageId: messageId,
                      rect: rect
                        ? {
                            left: rect.left,
                            top: rect.top,
                            width: rect.width,
                            height: rect.height
                          }
                        : null
                    },
                    '*'
                  );
                  break;
                }

                case 'clickOnSelector': {
                  const messageId = data.params && data.params.messageId;
                  const selector = data.params && data.params.selector;
                  const el = selector ? deepQuerySelector(document, selector) : null;
                  const success = !!el;
                  if (el && typeof el.click === 'function') el.click();
                  window.parent.postMessage(
                    {
                      source: 'qti-pci-iframe',
                      responseIdentifier: PCIManager.responseIdentifier,
                      method: 'clickSelectorResponse',
                      messageId: messageId,
                      success: success
                    },
                    '*'
                  );
                  break;
                }

                case 'clickOnElementByText': {
                  const messageId = data.params && data.params.messageId;
                  const text = data.params && data.params.text;
                  const target = text ? deepFindElementByExactText(document, text) : null;
                  const success = !!target;
                  if (target && typeof target.click === 'function') target.click();
                  window.parent.postMessage(
                    {
                      source: 'qti-pci-iframe',
                      responseIdentifier: PCIManager.responseIdentifier,
                      method: 'clickTextResponse',
                      messageId: messageId,
                      success: success
                    },
                    '*'
                  );
                  break;
                }

                case 'setValueElement': {
                  const messageId = data.params && data.params.messageId;
                  const selector = data.params && data.params.selector;
                  const value = data.params && data.params.value;
                  const el = selector ? deepQuerySelector(document, selector) : null;
                  let success = false;
                  if (el && 'value' in el) {
                    try {
                      el.value = value;
                      el.dispatchEvent(new Event('input', { bubbles: true }));
                      el.dispatchEvent(new Event('change', { bubbles: true }));
                      success = true;
                    } catch (e) {
                      success = false;
                    }
                  }
                  window.parent.postMessage(
                    {
                      source: 'qti-pci-iframe',
                      responseIdentifier: PCIManager.responseIdentifier,
                      method: 'setValueResponse',
                      messageId: messageId,
                      success: success
                    },
                    '*'
                  );
                  break;
                }

                case 'console':
                  window.parent.postMessage(
                    {
                      source: 'qti-pci-iframe',
                      responseIdentifier: PCIManager.responseIdentifier,
                      method: 'console',
                      level: data.level,
                      args: data.args
                    },
                    '*'
                  );
                  break;
              }
            });

            let resizeTimeout;
            let previousHeight = 0;
            const notifyResize = () => {
              const container = document.getElementById('pci-container');
              const newHeight = container.scrollHeight + 100;
              if (newHeight !== previousHeight) {
                previousHeight = newHeight;
                clearTimeout(resizeTimeout);
                resizeTimeout = setTimeout(() => {
                  window.parent.postMessage(
                    {
                      source: 'qti-pci-iframe',
                      responseIdentifier: PCIManager.responseIdentifier,
                      method: 'resize',
                      height: newHeight,
                      width: container.scrollWidth
                    },
                    '*'
                  );
                }, 100); // Adjust debounce time as needed
              }
            };

            function setupResizeObserver() {
              const container = document.getElementById('pci-container');
              if (!container || !(container instanceof Element)) {
                console.warn('ResizeObserver: document.container is not an Element');
                return;
              }

              const resizeObserver = new ResizeObserver(() => {
                notifyResize();
              });

              resizeObserver.observe(container);
            }

            // Run setup once DOM is ready
            if (document.readyState === 'loading') {
              document.addEventListener('DOMContentLoaded', () => {
                notifyResize(); // initial resize
                setupResizeObserver();
              });
            } else {
              notifyResize();
              setupResizeObserver();
            }

            window.addEventListener('load', () => {
              notifyResize();
            });
            let lastResponseStr = '';
            setInterval(() => {
              if (PCIManager.interactionChangedViaEvent) return;
              if (PCIManager.pciInstance && PCIManager.pciInstance.getResponse) {
                const response = PCIManager.pciInstance.getResponse();
                const valid =
                  PCIManager.pciInstance && typeof PCIManager.pciInstance.checkValidity === 'function'
                    ? PCIManager.pciInstance.checkValidity()
                    : undefined;
                const customValidity =
                  PCIManager.pciInstance && typeof PCIManager.pciInstance.getCustomValidity === 'function'
                    ? PCIManager.pciInstance.getCustomValidity()
                    : undefined;
                if (response === undefined) {
                  // Don't emit an initial empty on load; only emit a clear if we previously had a value
                  if (!PCIManager.hadResponse) return;
                  PCIManager.hadResponse = false;
                  PCIManager.lastResponseStr = null;
                  const state =
                    PCIManager.pciInstance && typeof PCIManager.pciInstance.getState === 'function'
                      ? PCIManager.pciInstance.getState()
                      : null;
                  window.parent.postMessage(
                    {
                      source: 'qti-pci-iframe',
                      responseIdentifier: PCIManager.responseIdentifier,
                      method: 'interactionChanged',
                      params: { value: null, state: state, valid: valid, customValidity: customValidity }
                    },
                    '*'
                  );
                  return;
                }

                const responseStr = JSON.stringify(response);

                if (responseStr !== PCIManager.lastResponseStr) {
                  PCIManager.lastResponseStr = responseStr;
                  PCIManager.hadResponse = true;
                  const state =
                    PCIManager.pciInstance && typeof PCIManager.pciInstance.getState === 'function'
                      ? PCIManager.pciInstance.getState()
                      : null;
                  window.parent.postMessage(
                    {
                      source: 'qti-pci-iframe',
                      responseIdentifier: PCIManager.responseIdentifier,
                      method: 'interactionChanged',
                      params: { value: response, state: state, valid: valid, customValidity: customValidity }
                    },
                    '*'
                  );
                }
              }
            }, 500); // Check every 500ms
          </script>
        </head>
        <body>
          <div id="pci-container"></div>
        </body>
      </html>`}toggleInternalCorrectResponse(e){let t=this.responseVariable;this.correctResponse=e?t?.correctResponse:t.cardinality==="single"?"":[];let i=`correct-response-container-${this.responseIdentifier}`,n=this.parentElement?.querySelectorAll(`#${i}`);if(n&&n.forEach(h=>{h.remove()}),e)this.disable();else{this.enable();return}if(!e||!t?.correctResponse)return;let o=document.createElement("div");o.id=i,o.className="pci-correct-response-container",o.style.position="relative",o.style.marginTop="20px",o.style.border="2px solid green",o.style.padding="16px",o.style.borderRadius="4px",o.style.backgroundColor="rgba(0, 128, 0, 0.05)";let a=document.createElement("div");a.textContent="Correct Response:",a.style.fontWeight="bold",a.style.marginBottom="10px",a.style.color="green",o.appendChild(a);let l=document.createElement("qti-portable-custom-interaction");Array.from(this.attributes).forEach(h=>{h.name!=="id"&&h.name!=="response-identifier"&&l.setAttribute(h.name,h.value)});let c=this.responseIdentifier;l.responseIdentifier=`${c}-correct`,Array.from(this.children).forEach(h=>{let y=h.cloneNode(!0);l.appendChild(y)});let p=t.correctResponse,u=l.connectedCallback;l.connectedCallback=function(){u.call(this);let h=()=>{let y=this.responseVariablesToQtiVariableJSON(p,t.cardinality,t.baseType);this.sendMessageToIframe("setBoundTo",{[c]:y}),this.sendMessageToIframe("setState",{state:"review"})};this._iframeLoaded?h():this.addEventListener("qti-portable-custom-interaction-loaded",h,{once:!0})},l.style.pointerEvents="none",o.appendChild(l),this.after(o)}disable(){if(this.#m={pointerEvents:this.style.pointerEvents,position:this.style.position},this.sendMessageToIframe("setState",{state:"disabled"}),!this.querySelector(".pci-interaction-overlay")){let t=document.createElement("div");t.className="pci-interaction-overlay",t.style.position="absolute",t.style.top="0",t.style.left="0",t.style.width="100%",t.style.height="100%",t.style.backgroundColor="rgba(200, 200, 200, 0.3)",t.style.zIndex="100",t.style.pointerEvents="all",t.style.cursor="not-allowed",getComputedStyle(this).position==="static"&&(this.style.position="relative"),this.appendChild(t)}}enable(){let e=this.querySelector(".pci-interaction-overlay");e&&e.remove(),this.#m&&(this.#m.pointerEvents&&(this.style.pointerEvents=this.#m.pointerEvents),this.#m.position&&(this.style.position=this.#m.position),this.#m=null),this.sendMessageToIframe("setState",{state:"interacting"})}#m;render(){return x`
      <slot></slot>
      ${this._errorMessage?x`<div style="color:red">
            <h1>Error</h1>
            ${this._errorMessage}
          </div>`:""}
    `}};d([g({type:String,attribute:"module"})],K.prototype,"module",2),d([g({type:String,attribute:"custom-interaction-type-identifier"})],K.prototype,"customInteractionTypeIdentifier",2),d([g({type:String,attribute:"data-require-paths"})],K.prototype,"requirePathsJson",2),d([g({type:String,attribute:"data-require-shim"})],K.prototype,"requireShimJson",2),d([g({type:String,attribute:"data-require-js-url"})],K.prototype,"requireJsUrl",2),d([g({type:String,attribute:"data-base-url"})],K.prototype,"baseUrl",2),d([g({type:Boolean,attribute:"data-use-default-paths"})],K.prototype,"useDefaultPaths",2),d([M()],K.prototype,"_errorMessage",2),d([$({context:W,subscribe:!0}),M()],K.prototype,"context",2),d([$({context:or,subscribe:!0}),M()],K.prototype,"qtiContext",2),d([M()],K.prototype,"response",2);var fo=class extends K{#e=!1;async getIFrameContent(){return new Promise(r=>{let e=`get-content-${Date.now()}`,t=i=>{let{data:n}=i;n?.source==="qti-pci-iframe"&&(!n?.responseIdentifier||n?.responseIdentifier===this.responseIdentifier)&&n?.method==="getContentResponse"&&n?.messageId===e&&(window.removeEventListener("message",t),r(n.content))};window.addEventListener("message",t),this.sendMessageToIframe("getContent",{messageId:e}),setTimeout(()=>{window.removeEventListener("message",t),r("")},5e3)})}setTestContext(r){this.context=r,this.updateComplete.then(()=>{this.value=r?.variables?.find(e=>e.identifier===this.responseIdentifier).value})}async recreateIframe(){this.#e=!0;try{return this.iframe&&(this._iframeLoaded=!1,this.iframe.remove()),this._pendingMessages=[],this.createIframe(),new Promise(r=>{let e=()=>{this.removeEventListener("qti-portable-custom-interaction-loaded",e),r()};this.addEventListener("qti-portable-custom-interaction-loaded",e),setTimeout(()=>{this.removeEventListener("qti-portable-custom-interaction-loaded",e),r()},5e3)})}finally{this.#e=!1}}disconnectedCallback(){this.#e||super.disconnectedCallback()}async iFrameMouseClick(r,e){return new Promise(t=>{let i=`click-${Date.now()}`,n=o=>{let{data:a}=o;a?.source==="qti-pci-iframe"&&(!a?.responseIdentifier||a?.responseIdentifier===this.responseIdentifier)&&a?.method==="clickResponse"&&a?.messageId===i&&(window.removeEventListener("message",n),t())};window.addEventListener("message",n),this.sendMessageToIframe("simulateClick",{x:r,y:e,messageId:i}),setTimeout(()=>{window.removeEventListener("message",n),t()},5e3)})}async iFrameClickOnElement(r){return new Promise(e=>{let t=`click-selector-${Date.now()}`,i=n=>{let{data:o}=n;o?.source==="qti-pci-iframe"&&(!o?.responseIdentifier||o?.responseIdentifier===this.responseIdentifier)&&o?.method==="clickSelectorResponse"&&o?.messageId===t&&(window.removeEventListener("message",i),e(o.success))};window.addEventListener("message",i),this.sendMessageToIframe("clickOnSelector",{selector:r,messageId:t}),setTimeout(()=>{window.removeEventListener("message",i),e(!1)},5e3)})}async iFrameClickOnElementByText(r){return new Promise(e=>{let t=`click-text-${Date.now()}`,i=n=>{let{data:o}=n;o?.source==="qti-pci-iframe"&&(!o?.responseIdentifier||o?.responseIdentifier===this.responseIdentifier)&&o?.method==="clickTextResponse"&&o?.messageId===t&&(window.removeEventListener("message",i),e(o.success))};window.addEventListener("message",i),this.sendMessageToIframe("clickOnElementByText",{text:r,messageId:t}),setTimeout(()=>{window.removeEventListener("message",i),e(!1)},5e3)})}async iFrameSetValueElement(r,e){return new Promise(t=>{let i=`set-value-${Date.now()}`,n=o=>{let{data:a}=o;a?.source==="qti-pci-iframe"&&(!a?.responseIdentifier||a?.responseIdentifier===this.responseIdentifier)&&a?.method==="setValueResponse"&&a?.messageId===i&&(window.removeEventListener("message",n),t(a.success))};window.addEventListener("message",n),this.sendMessageToIframe("setValueElement",{selector:r,value:e,messageId:i}),setTimeout(()=>{window.removeEventListener("message",n),t(!1)},5e3)})}async iFrameGetBoundingClientRect(r){return new Promise(e=>{let t=`get-bounding-rect-${Date.now()}`,i=n=>{let{data:o}=n;o?.source==="qti-pci-iframe"&&(!o?.responseIdentifier||o?.responseIdentifier===this.responseIdentifier)&&o?.method==="getBoundingRectResponse"&&o?.messageId===t&&(window.removeEventListener("message",i),e(o.rect??null))};window.addEventListener("message",i),this.sendMessageToIframe("getBoundingRect",{selector:r,messageId:t}),setTimeout(()=>{window.removeEventListener("message",i),e(null)},5e3)})}async iFrameSetValueElementByText(r,e){return new Promise(t=>{let i=`set-value-text-${Date.now()}`,n=o=>{let{data:a}=o;a?.source==="qti-pci-iframe"&&(!a?.responseIdentifier||a?.responseIdentifier===this.responseIdentifier)&&a?.method==="setValueByTextResponse"&&a?.messageId===i&&(window.removeEventListener("message",n),t(a.success))};window.addEventListener("message",n),this.sendMessageToIframe("setValueElementByText",{text:r,value:e,messageId:i}),setTimeout(()=>{window.removeEventListener("message",n),t(!1)},5e3)})}async iFrameMousedownOnElement(r){return new Promise(e=>{let t=`mousedown-selector-${Date.now()}`,i=n=>{let{data:o}=n;o?.source==="qti-pci-iframe"&&(!o?.responseIdentifier||o?.responseIdentifier===this.responseIdentifier)&&o?.method==="mousedownSelectorResponse"&&o?.messageId===t&&(window.removeEventListener("message",i),e(o.success))};window.addEventListener("message",i),this.sendMessageToIframe("mousedownOnSelector",{selector:r,messageId:t}),setTimeout(()=>{window.removeEventListener("message",i),e(!1)},5e3)})}generateIframeContent(){let r=super.generateIframeContent(),e=`
    // Test helper functions for QtiPortableCustomInteractionTest
    // Base iframe implementation already provides PCIManager.getContent
    
    // Base iframe implementation already provides PCIManager.simulateClick
    
    // Base iframe implementation already provides PCIManager.clickOnSelector
    
    // Base iframe implementation already provides PCIManager.clickOnElementByText
    
    // Base iframe implementation already provides PCIManager.setValueElement
    
    function deepQuerySelector(root, selector) {
      if (!root) return null;
      try {
        const direct = root.querySelector ? root.querySelector(selector) : null;
        if (direct) return direct;
      } catch (e) {
        // ignore invalid selector for this root
      }
      if (!root.querySelectorAll) return null;
      const nodes = root.querySelectorAll('*');
      for (const node of nodes) {
        if (node && node.shadowRoot) {
          const found = deepQuerySelector(node.shadowRoot, selector);
          if (found) return found;
        }
      }
      return null;
    }

    function deepFindElementByExactText(root, text) {
      if (!root || !text) return null;
      if (root.querySelectorAll) {
        const nodes = root.querySelectorAll('*');
        for (const node of nodes) {
          if ((node.textContent || '').trim() === text) return node;
          if (node.shadowRoot) {
            const found = deepFindElementByExactText(node.shadowRoot, text);
            if (found) return found;
          }
        }
      }
      return null;
    }

    function escapeSelectorId(id) {
      try {
        if (window.CSS && typeof window.CSS.escape === 'function') return window.CSS.escape(id);
      } catch (e) {
        // ignore
      }
      return String(id).replace(/([ #;?%&,.+*~\\':"!^$[\\]()=>|\\/])/g, '\\\\$1');
    }

    PCIManager.setValueElementByText = function(params) {
      const messageId = params && params.messageId;
      try {
        const text = params && params.text;
        const value = params && params.value;

        const textEl = text ? deepFindElementByExactText(document, text) : null;
        let target = null;

        if (textEl) {
          const tag = (textEl.tagName || '').toUpperCase();
          if (tag === 'INPUT' || tag === 'TEXTAREA' || tag === 'SELECT') {
            target = textEl;
          } else if (tag === 'LABEL' && textEl.htmlFor) {
            const id = escapeSelectorId(textEl.htmlFor);
            target = deepQuerySelector(document, '#' + id);
          }

          if (!target) {
            let parent = textEl.parentElement;
            while (parent) {
              const candidate = parent.querySelector ? parent.querySelector('input, textarea, select') : null;
              if (candidate) {
                target = candidate;
                break;
              }
              parent = parent.parentElement;
            }
          }
        }

        const success = !!target && setValueOnElement(target, value);
        window.parent.postMessage(
          {
            source: 'qti-pci-iframe',
            responseIdentifier: PCIManager.responseIdentifier,
            method: 'setValueByTextResponse',
            messageId: messageId,
            success: success
          },
          '*'
        );
      } catch (error) {
        console.error('Error setting value by text:', error);
        window.parent.postMessage(
          {
            source: 'qti-pci-iframe',
            responseIdentifier: PCIManager.responseIdentifier,
            method: 'setValueByTextResponse',
            messageId: messageId,
            success: false,
            error: error.toString()
          },
          '*'
        );
      }
    };
    
    PCIManager.mousedownOnSelector = function(params) {
      try {
        const element = params && params.selector ? deepQuerySelector(document, params.selector) : null;
        
        let success = false;
        
        if (element) {
          const rect = element.getBoundingClientRect();
          const mousedownEvent = new MouseEvent('mousedown', {
            bubbles: true,
            cancelable: true,
            view: window,
            clientX: rect.left + rect.width / 2,
            clientY: rect.top + rect.height / 2
          });
          element.dispatchEvent(mousedownEvent);
          success = true;
        }
        
        window.parent.postMessage({
          source: 'qti-pci-iframe',
          responseIdentifier: PCIManager.responseIdentifier,
          method: 'mousedownSelectorResponse',
          messageId: params.messageId,
          success
        }, '*');
      } catch (error) {
        console.error('Error performing mousedown on selector:', error);
        window.parent.postMessage({
          source: 'qti-pci-iframe',
          responseIdentifier: PCIManager.responseIdentifier,
          method: 'mousedownSelectorResponse',
          messageId: params.messageId,
          success: false,
          error: error.toString()
        }, '*');
      }
    };
    
    // Helper function for setting values on elements
    function setValueOnElement(element, value) {
      if (element.tagName === 'INPUT' || element.tagName === 'TEXTAREA') {
        element.value = value;
        element.dispatchEvent(new Event('input', { bubbles: true }));
        element.dispatchEvent(new Event('change', { bubbles: true }));
        return true;
      } else if (element.tagName === 'SELECT') {
        element.value = value;
        element.dispatchEvent(new Event('change', { bubbles: true }));
        return true;
      } else if (element.isContentEditable) {
        element.textContent = value;
        element.dispatchEvent(new Event('input', { bubbles: true }));
        return true;
      }
      return false;
    }
    
    // Add test-related message handlers (do not override global handlers)
    let expectedParentOriginTest = null;
    window.addEventListener(
      'message',
      function(event) {
        const { data } = event;

        if (event.source !== window.parent || !data || data.source !== 'qti-portable-custom-interaction') return;
        if (expectedParentOriginTest === null) expectedParentOriginTest = event.origin;
        else if (event.origin !== expectedParentOriginTest) return;
        if (data.responseIdentifier && data.responseIdentifier !== PCIManager.responseIdentifier) return;

        switch (data.method) {
          case 'setValueElementByText':
            PCIManager.setValueElementByText(data.params);
            return;
          case 'mousedownOnSelector':
            PCIManager.mousedownOnSelector(data.params);
            return;
        }
      },
      true
    );`,t=r.lastIndexOf("</script>");return r.substring(0,t)+e+r.substring(t)}};customElements.define("qti-portable-custom-interaction",K);customElements.define("qti-portable-custom-interaction-test",fo);var bd=E`
  :host {
    display: block;
  }
  ::slotted(img) {
    position: absolute;
    cursor: move;
    user-select: none;
    left: 50%;
    transform: translateX(-50%);
  }
`;var go=class extends C{static{this.styles=bd}render(){return x`<slot></slot>`}};var vd=E`
  :host {
    display: inline-block;
    position: relative;
  }
`;var bo=class extends C{static{this.styles=vd}render(){return x`<slot></slot>`}constructor(){super(),this.removeMoveListener=this.removeMoveListener.bind(this),this.dragElementHandler=this.dragElementHandler.bind(this)}dragElementHandler(r){r.preventDefault();let e=r.clientX-this.startX,t=r.clientY-this.startY;this.dragElement.style.left=this.dragElement.offsetLeft+e+"px",this.dragElement.style.top=this.dragElement.offsetTop+t+"px",this.startX=r.clientX,this.startY=r.clientY}firstUpdated(r){super.firstUpdated(r),this.dragElement=this.querySelector("qti-position-object-interaction>img"),this.startX=0,this.startY=0,this.dragElement.addEventListener("mousedown",e=>{this.startX=e.clientX,this.startY=e.clientY,document.addEventListener("mousemove",this.dragElementHandler,!0)}),document.addEventListener("mouseup",this.removeMoveListener)}removeMoveListener(){document.removeEventListener("mousemove",this.dragElementHandler,!0)}disconnectedCallback(){super.disconnectedCallback(),document.removeEventListener("mousemove",this.dragElementHandler),document.removeEventListener("mouseup",this.removeMoveListener)}};customElements.define("qti-position-object-interaction",go);customElements.define("qti-position-object-stage",bo);var yd="important",Op=" !"+yd,Ts=de(class extends Le{constructor(s){if(super(s),s.type!==ot.ATTRIBUTE||s.name!=="style"||s.strings?.length>2)throw Error("The `styleMap` directive must be used in the `style` attribute and must be the only part in the attribute.")}render(s){return Object.keys(s).reduce((r,e)=>{let t=s[e];return t==null?r:r+`${e=e.includes("-")?e:e.replace(/(?:^(webkit|moz|ms|o)|)(?=[A-Z])/g,"-$&").toLowerCase()}:${t};`},"")}update(s,[r]){let{style:e}=s.element;if(this.ft===void 0)return this.ft=new Set(Object.keys(r)),this.render(r);for(let t of this.ft)r[t]==null&&(this.ft.delete(t),t.includes("-")?e.removeProperty(t):e[t]=null);for(let t in r){let i=r[t];if(i!=null){this.ft.add(t);let n=typeof i=="string"&&i.endsWith(Op);t.includes("-")||n?e.setProperty(t,n?i.slice(0,-11):i,n?yd:""):e[t]=i}}return Z}});var xd=E`
  :host {
    display: block;
  }
  point-container {
    display: block;
    position: relative;
    width: fit-content;
  }

  ::slotted(img) {
    max-width: 100%;
    height: auto;
    display: block;
  }
`;var Ze=class extends V{constructor(){super(...arguments);this.maxChoices=1/0;this.minChoices=0;this.response=null;this._correctAreas=[];this._responseCorrection=[];this.#e=null;this.#t=1;this.#r=1;this.#i=0;this.#n=0;this.#o=e=>{if(this.disabled)return;if(!this.#e){console.warn("No <img> element found in <qti-select-point-interaction>");return}this.#a();let t=this.#e.getBoundingClientRect(),i=(e.clientX-t.left)*this.#t,n=(e.clientY-t.top)*this.#r,o=`${i.toFixed()} ${n.toFixed()}`;this.maxChoices===1?this.response=[o]:(this.maxChoices===0||(this.response||[]).length<this.maxChoices)&&(this.response=[...this.response||[],o]),this.saveResponse(this.response)};this.#s=()=>{this.#a()}}static{this.styles=xd}#e;#t;#r;#i;#n;#o;connectedCallback(){super.connectedCallback(),window.addEventListener("resize",this.#s)}#s;get responsePoints(){return(this.response||[]).filter(e=>e).map(e=>{let[t,i]=e.split(" ").map(Number);return{x:t,y:i}})}toggleCandidateCorrection(e){this._responseCorrection=[],e&&this.responsePoints.forEach(t=>{let i=this.responseVariable.areaMapping.areaMapEntries.some(n=>J.isPointInArea(`${t.x} ${t.y}`,`${n.shape},${n.coords}`,this.responseVariable.baseType));this._responseCorrection.push(i)})}toggleCorrectResponse(e){let t=this.responseVariable;if(!e||!t){this._correctAreas=[];return}let i=t.areaMapping,n=[];if(!i||i.areaMapEntries.length===0)if(t.correctResponse){let o=Array.isArray(t.correctResponse)?t.correctResponse:[t.correctResponse];if(o.length===0||o.find(a=>a.split(" ").length<2))return console.error("No valid correct responses found for the response variable."),null;console.warn("No area mapping found for the response variable. Using the correct responses to display the correct response but it probably won't score correct."),n=o.map(a=>({shape:"circle",coords:a.split(" ").join(",").concat(",10"),defaultValue:1,mappedValue:1}))}else{console.error("No area mapping found for the response variable.");return}else n=i.areaMapEntries;this._correctAreas=n.map(o=>({coords:o.coords,shape:o.shape}))}updated(e){super.updated(e);let t=this.#e;t&&e.has("_correctAreas")&&this._correctAreas.length>0&&(this.#a(),this.shadowRoot.querySelectorAll("div").forEach(i=>{let n=i.dataset.coord,o=i.dataset.shape;n&&o&&qt(o,n.split(",").map(a=>+a),t,i)}))}render(){return x` <slot name="prompt"></slot>
      <point-container>
        ${Rr((this.response||[]).filter(e=>e),e=>e,(e,t)=>{let[i,n]=e.split(" ").map(Number),o=i/(this.#i||1)*100,a=n/(this.#n||1)*100,l=16,c=l/(this.#i||1)*100,p=l/(this.#n||1)*100,u="";return this._responseCorrection[t]===!0?u=" correct":this._responseCorrection[t]===!1&&(u=" incorrect"),x`
              <button
                part="point${u}"
                style=${Ts({pointerEvents:this.maxChoices===1?"none":"auto",position:"absolute",transform:"translate(-50%, -50%)",left:`${o}%`,top:`${a}%`,width:`min(${c}%, 1rem)`,height:`min(${p}%, 1rem)`,minWidth:`min(${c}%, 1rem)`,minHeight:`min(${p}%, 1rem)`,borderRadius:"50%",background:"red"})}
                aria-label="Remove point at ${e}"
                ?disabled=${this.disabled}
                @click=${h=>{h.stopPropagation(),this.response=(this.response||[]).filter((y,v)=>v!==t),this.saveResponse(this.response)}}
              ></button>
            `})}
        ${Rr(this._correctAreas?.filter(e=>e)||[],e=>e,(e,t)=>x`<div
              style=${Ts({position:"absolute",pointerEvents:"none",backgroundColor:"var(--qti-correct)",opacity:"0.5"})}
              data-coord="${e.coords}"
              alt=${`correct-response-${t+1}`}
              data-shape="${e.shape}"
            ></div>`)}
        <slot></slot>
      </point-container>`}validate(){return this.response!==null&&this.response.length>=this.minChoices&&this.response.length<=this.maxChoices}#a(){this.#i=this.#e.getAttribute("width")?parseFloat(this.#e.getAttribute("width")):this.#e.naturalWidth,this.#n=this.#e.getAttribute("height")?parseFloat(this.#e.getAttribute("height")):this.#e.naturalHeight;let e=this.#e.getBoundingClientRect();this.#t=e.width===0?1:this.#i/e.width,this.#r=e.height===0?1:this.#n/e.height}firstUpdated(){this.#e=this.querySelector("img"),this.#e?(this.#a(),this.#e.addEventListener("click",this.#o)):console.warn("No <img> element found in <qti-select-point-interaction>")}disconnectedCallback(){super.disconnectedCallback(),window.removeEventListener("resize",this.#s),this.#e&&this.#e.removeEventListener("click",this.#o)}};d([g({type:Number,attribute:"max-choices"})],Ze.prototype,"maxChoices",2),d([g({type:Number,attribute:"min-choices"})],Ze.prototype,"minChoices",2),d([M()],Ze.prototype,"response",2),d([M()],Ze.prototype,"_correctAreas",2),d([M()],Ze.prototype,"_responseCorrection",2);customElements.define("qti-select-point-interaction",Ze);var qd=E`
  :host {
    display: block;
    --show-bounds: true;
    --show-ticks: true;
    --show-value: true;
  }

  [part='slider'] {
    margin-left: 2rem; /* mx-8 */
    margin-right: 2rem;
    padding-bottom: 1rem; /* pb-4 */
    padding-top: 1.25rem; /* pt-5 */
  }

  [part='bounds'] {
    display: flex;
    width: 100%;
    justify-content: space-between;
    margin-bottom: 0.5rem; /* mb-2 */
  }

  [part='ticks'] {
    margin-left: 0.125rem; /* mx-0.5 */
    margin-right: 0.125rem;
    margin-bottom: 0.25rem; /* mb-1 */
    height: 0.5rem; /* h-2 */
    background: linear-gradient(to right, var(--qti-border-color) var(--qti-border-thickness), transparent 1px) repeat-x
      0 center / calc(calc(100% - var(--qti-border-thickness)) / ((var(--max) - var(--min)) / var(--step))) 100%;
  }

  [part='rail'] {
    display: flex;
    align-items: center;
    box-sizing: border-box;
    height: 0.375rem; /* h-1.5 */
    width: 100%;
    cursor: pointer;
    border-radius: 9999px; /* rounded-full */
    border: 1px solid #d1d5db; /* border-gray-300 */
    background-color: #e5e7eb; /* bg-gray-200 */
  }

  [part='knob'] {
    background-color: var(--qti-bg-active);
    border: 2px solid var(--qti-border-active);
    position: relative;
    height: 1rem; /* h-4 */
    width: 1rem; /* w-4 */
    transform-origin: center;
    transform: translateX(-50%);
    cursor: pointer;
    border-radius: 9999px; /* rounded-full */
    left: var(--value-percentage);
  }
  [part='knob-correct'] {
    background-color: var(--qti-correct-light);
    border: 2px solid var(--qti-correct);
    position: relative;
    height: 1rem; /* h-4 */
    width: 1rem; /* w-4 */
    transform-origin: center;
    transform: translateX(-50%);
    cursor: pointer;
    border-radius: 9999px; /* rounded-full */
    left: var(--value-percentage-correct);
  }

  [part='value'] {
    position: absolute;
    bottom: 2rem; /* bottom-8 */
    left: 0.5rem; /* left-2 */
    transform: translateX(-50%);
    cursor: pointer;
    border-radius: 0.25rem; /* rounded */
    background-color: #f3f4f6; /* bg-gray-100 */
    padding: 0.25rem 0.5rem; /* px-2 py-1 */
    text-align: center;
    color: #6b7280; /* text-gray-500 */
  }
`;var St=class extends V{constructor(){super(...arguments);this.#e=0;this.#t=null;this.min=0;this.max=100;this.step=1}static{this.styles=qd}#e;#t;validate(){return!0}connectedCallback(){super.connectedCallback(),this.#r(this.min),this.setAttribute("tabindex","0"),this.setAttribute("role","slider")}get response(){return this.#e.toString()}set response(e){let t=parseInt(e,10);isNaN(t)||this.#r(t)}toggleCorrectResponse(e){let t=this.responseVariable;if(t?.correctResponse){if(e){this._correctResponse=t.correctResponse.toString();let i=parseFloat(t.correctResponse.toString());if(isNaN(i))this.#t=null;else{this.#t=i;let n=(this.#t-this.min)/(this.max-this.min)*100;this.style.setProperty("--value-percentage-correct",`${n}%`)}}else this.#t=null;this.requestUpdate()}}#r(e){let t=this.#e;if(this.#e=Math.min(this.max,Math.max(this.min,e)),this.#e===t)return;let i=(this.#e-this.min)/(this.max-this.min)*100;this.style.setProperty("--value-percentage",`${i}%`),this._internals.setFormValue(this.value),this.saveResponse(this.response),this.requestUpdate()}render(){return x`
      <slot name="prompt"></slot>
      <div id="slider" part="slider">
        <div id="bounds" part="bounds">
          <div>${this.min}</div>
          <div>${this.max}</div>
        </div>

        <div id="ticks" part="ticks"></div>

        <div id="rail" part="rail" @mousedown=${this.#i} @touchstart=${this.#n}>
          <div id="knob" part="knob">
            <div id="value" part="value">${this.response}</div>
          </div>

          ${this.#t!==null?x`
                <div id="knob-correct" part="knob-correct">
                  <div id="value" part="value">${this.#t}</div>
                </div>
              `:null}
        </div>
      </div>
    `}#i(e){this.#o(e.pageX);let t=n=>this.#s(n.pageX),i=()=>{document.removeEventListener("mousemove",t),document.removeEventListener("mouseup",i),this.#a()};document.addEventListener("mousemove",t),document.addEventListener("mouseup",i)}#n(e){this.#o(e.touches[0].pageX);let t=n=>this.#s(n.touches[0].pageX),i=()=>{document.removeEventListener("touchmove",t),document.removeEventListener("touchend",i),this.#a()};document.addEventListener("touchmove",t,{passive:!1}),document.addEventListener("touchend",i)}#o(e){this.#s(e)}#s(e){let t=this._rail.getBoundingClientRect(),i=e-t.left,n=Math.min(1,Math.max(0,i/t.width)),o=this.min+Math.round(n*(this.max-this.min)/this.step)*this.step;this.#r(o)}#a(){this.dispatchEvent(new Event("change",{bubbles:!0}))}};d([Jt("#rail")],St.prototype,"_rail",2),d([g({type:Number,attribute:"lower-bound"})],St.prototype,"min",2),d([g({type:Number,attribute:"upper-bound"})],St.prototype,"max",2),d([g({type:Number,attribute:"step"})],St.prototype,"step",2);customElements.define("qti-slider-interaction",St);var wd=()=>new Rs,Rs=class{},Is=new WeakMap,qI=de(class extends at{render(s){return O}update(s,[r]){let e=r!==this.G;return e&&this.G!==void 0&&this.rt(void 0),(e||this.lt!==this.ct)&&(this.G=r,this.ht=s.options?.host,this.rt(this.ct=s.element)),O}rt(s){if(this.isConnected||(s=void 0),typeof this.G=="function"){let r=this.ht??globalThis,e=Is.get(r);e===void 0&&(e=new WeakMap,Is.set(r,e)),e.get(this.G)!==void 0&&this.G.call(this.ht,void 0),e.set(this.G,s),s!==void 0&&this.G.call(this.ht,s)}else this.G.value=s}get lt(){return typeof this.G=="function"?Is.get(this.ht??globalThis)?.get(this.G):this.G?.value}disconnected(){this.lt===this.ct&&this.rt(void 0)}reconnected(){this.rt(this.ct)}});var Cd=E`
  :host {
    display: inline-block;
  }

  :host(.qti-input-width-1) [part='input'] {
    width: 1.1rem;
    min-width: 1.1rem;
  }

  :host(.qti-input-width-2) [part='input'] {
    width: 2.3rem;
    min-width: 2.3rem;
  }

  :host(.qti-input-width-3) [part='input'] {
    width: 3.3rem;
    min-width: 3.3rem;
  }

  :host(.qti-input-width-4) [part='input'] {
    width: 4.2rem;
    min-width: 4.2rem;
  }

  :host(.qti-input-width-6) [part='input'] {
    width: 6.6rem;
    min-width: 6.6rem;
  }

  :host(.qti-input-width-10) [part='input'] {
    width: 8rem;
    min-width: 8rem;
  }

  :host(.qti-input-width-15) [part='input'] {
    width: 12rem;
    min-width: 12rem;
  }

  :host(.qti-input-width-20) [part='input'] {
    width: 17rem;
    min-width: 17rem;
  }

  :host(.qti-input-width-25) [part='input'] {
    width: 20rem;
    min-width: 20rem;
  }

  :host(.qti-input-width-30) [part='input'] {
    width: 24rem;
    min-width: 24rem;
  }

  :host(.qti-input-width-35) [part='input'] {
    width: 28rem;
    min-width: 28rem;
  }

  :host(.qti-input-width-40) [part='input'] {
    width: 32rem;
    min-width: 32rem;
  }

  :host(.qti-input-width-45) [part='input'] {
    width: 36rem;
    min-width: 36rem;
  }

  :host(.qti-input-width-50) [part='input'] {
    width: 40rem;
    min-width: 40rem;
  }

  :host(.qti-input-width-72) [part='input'] {
    width: 57rem;
    min-width: 57rem;
  }

  :host {
    position: relative;
  }
  input {
    anchor-name: --text-entry-input;
    z-index: 100;
    position: relative;
  }

  [part='correct'] {
    padding: var(--qti-padding-vertical) var(--qti-padding-horizontal);
    background-color: var(--qti-bg);
    z-index: 0;
    position: absolute;
    left: 0;
    right: 0;
    position-anchor: --text-entry-input;
    bottom: anchor(top);
    left: anchor(left);
    /* opacity: 1; */
    transition: all 1s;

    @starting-style {
      display: grid;
      /* opacity: 0; */
      bottom: 0;
    }
  }
`;var Ie=class extends V{constructor(){super(...arguments);this.inputRef=wd();this.response=null;this._handleValueChange=()=>{this._internals.setFormValue(this.value),this.validate()}}static{this.styles=Cd}get value(){return this.response||null}set value(e){this.response=e||null}get correctness(){let e=this.responseVariable;if(!e)return null;if(e.value===null)return"incorrect";if(e.mapping){let t=e.mapping.mapEntries.reduce((i,n)=>Math.max(n.mappedValue,i),0);for(let i of e.mapping.mapEntries){let n=i.mapKey,o=e.value;if(i.caseSensitive||(n=n.toLowerCase(),o=o.toLowerCase()),n===o)return i.mappedValue===t?"correct":i.mappedValue<=(e.mapping.defaultValue||0)?"incorrect":"partially-correct"}}return e.correctResponse===e.value?"correct":"incorrect"}get isInline(){return!0}validate(){if(!this._input)return!1;if(this.patternMask&&this.dataPatternmaskMessage)this._internals.setValidity({}),this._input.setCustomValidity(""),this._input.checkValidity()||(this._internals.setValidity({customError:!0},this.dataPatternmaskMessage),this._input.setCustomValidity(this.dataPatternmaskMessage));else{let e=this._input.checkValidity();this._internals.setValidity(e?{}:{customError:!1})}return this.response!==""&&this._input.checkValidity()}toggleInternalCorrectResponse(e){let t=this.responseVariable;if(e&&t?.correctResponse){let i=t.correctResponse.toString();this._correctResponse=i}else this._correctResponse=null}render(){return x`
      <input
        part="input"
        name="${this.responseIdentifier}"
        spellcheck="false"
        autocomplete="off"
        @blur="${e=>{this.reportValidity()}}"
        @keydown="${e=>e.stopImmediatePropagation()}"
        @keyup="${this.textChanged}"
        @change="${this.textChanged}"
        type="${this.patternMask=="[0-9]*"?"number":"text"}"
        placeholder="${$e(this.placeholderText?this.placeholderText:void 0)}"
        .value="${this.response}"
        pattern="${$e(this.patternMask?this.patternMask:void 0)}"
        maxlength=${1e3}
        ?disabled="${this.disabled}"
        ?readonly="${this.readonly}"
      />
      ${this._correctResponse?x`<div part="correct">${this._correctResponse}</div>`:O}
    `}textChanged(e){if(this.disabled||this.readonly)return;let t=e.target;this.#e(t.value),this.response!==t.value&&(this.value=t.value,this.saveResponse(t.value))}reportValidity(){let e=this.shadowRoot.querySelector("input");if(!e)return!1;let t=this.validate();return t||e.reportValidity(),t}reset(){this.response=""}#e(e){this.setAttribute("empty",e===""?"true":"false")}};d([g({type:Number,attribute:"expected-length"})],Ie.prototype,"expectedLength",2),d([g({type:String,attribute:"pattern-mask"})],Ie.prototype,"patternMask",2),d([g({type:String,attribute:"placeholder-text"})],Ie.prototype,"placeholderText",2),d([g({type:String,attribute:"data-patternmask-message"})],Ie.prototype,"dataPatternmaskMessage",2),d([M()],Ie.prototype,"response",2),d([Jt("input")],Ie.prototype,"_input",2),d([B("response",{waitUntilFirstUpdate:!0})],Ie.prototype,"_handleValueChange",2);customElements.define("qti-text-entry-interaction",Ie);var Ed=E`
  :host {
    display: block;
    margin: 1em 0;
  }
  input[type='file'] {
    display: block;
    margin-top: 0.5em;
  }
`;var vo=class extends V{static{this.styles=Ed}#e=null;#t=null;reset(){this.#e=null,this.#t=null,this.saveResponse(null)}validate(){return this.#t!==null}get response(){return this.#t}set response(r){if(typeof r=="string")this.#t=r,this.saveResponse(r);else if(r===null)this.reset();else throw new Error("Value must be a Base64-encoded string or null")}static get properties(){return{...V.properties}}render(){return x`
      <div>
        <slot name="prompt"></slot>
        <input type="file" @change="${this.#r}" ?disabled="${this.disabled}" ?readonly="${this.readonly}" />
      </div>
    `}async#r(r){let e=r.target;e.files&&e.files.length>0&&(this.#e=e.files[0],this.#t=await this.#i(this.#e),this.saveResponse(this.#t),this.dispatchEvent(new CustomEvent("qti-interaction-response",{detail:{response:this.#t}})))}#i(r){return new Promise((e,t)=>{let i=new FileReader;i.onload=()=>e(i.result),i.onerror=()=>t(i.error),i.readAsDataURL(r)})}};customElements.define("qti-upload-interaction",vo);var EM=async s=>{let r=s.substring(0,s.lastIndexOf("/")),e=await Za().load(`${s}`).then(a=>a.assessmentTest()),t=await rr().load(`${r}/${e.href}`).then(a=>a.htmlDoc()),i=await rr().load(`${r}/${e.href}`).then(a=>a.items()),n=`${r}/${e.href}`,o=`${r}/${e.href.substring(0,e.href.lastIndexOf("/"))}`;return{testHTMLDoc:t,testURI:o,testURL:n,items:i,testIdentifier:e.identifier}},SM=async s=>Me().load(s).then(r=>r.htmlDoc().firstElementChild);var ae=class extends C{render(){return x`<slot></slot>`}process(){throw new Error("Not implemented")}};ae=d([k("qti-rule")],ae);var Gi=class extends ae{get childExpression(){return this.firstElementChild}process(){let r=this.getAttribute("identifier"),e=this.context.variables.find(i=>i.identifier===r)||null,t;return e.interpolationTable&&(t=e.interpolationTable.get(parseFloat(this.childExpression.calculate()))),t==null?(console.warn("lookupOutcomeValue: value is null or undefined"),0):(this.dispatchEvent(new CustomEvent("qti-set-outcome-value",{bubbles:!0,composed:!0,detail:{outcomeIdentifier:this.identifier,value:we(t)}})),t)}};d([g({type:String})],Gi.prototype,"identifier",2),d([$({context:W,subscribe:!0}),M()],Gi.prototype,"context",2);customElements.define("qti-lookup-outcome-value",Gi);var ks=class extends ae{render(){return x`<slot></slot>`}process(){let r=[...this.children];for(let e=0;e<r.length;e++){let t=r[e];if(t.calculate()){t.process();return}}}};customElements.define("qti-response-condition",ks);var Ms=class extends ae{process(){let r=this.getAttribute("identifier");if(!r){console.warn('QtiSetOutcomeValue: Missing "identifier" attribute.');return}let e=this.firstElementChild;if(!e){console.warn("QtiSetOutcomeValue: No expression found.");return}let i=new _s(e).process();this.dispatchEvent(new CustomEvent("qti-set-outcome-value",{bubbles:!0,composed:!0,detail:{outcomeIdentifier:r,value:this.#e(i)}}))}#e(r){return Array.isArray(r)?r.map(we):r!==null?we(r):null}},_s=class{constructor(r){this.expression=r}process(){let r=this.expression.calculate()??null;return r===null&&console.warn("QtiSetOutcomeValueRule: Evaluated value is null."),Array.isArray(r)?r.map(e=>e.value?e.value:e):r}};customElements.define("qti-set-outcome-value",Ms);var Xi=class extends C{render(){return x`<slot></slot>`}calculate(){return!0}getSubRules(){return[...this.children]}process(){let r=this.getSubRules();for(let e=0;e<r.length;e++)r[e].process()}};customElements.define("qti-response-else",Xi);var Qi=class extends Xi{calculate(){return this.firstElementChild.calculate()}getSubRules(){let r=[];for(let e=1;e<this.children.length;e++)r.push(this.children[e]);return r}};customElements.define("qti-response-if",Qi);var Ls=class extends Qi{render(){return x`${super.render()}`}};customElements.define("qti-response-else-if",Ls);var yo=class extends Hp(ve){calculate(){return this.calculateChildren(Array.from(this.children))}};yo=d([k("qti-and")],yo);function Hp(s){return class extends s{calculateChildren(e){return e.map(i=>{let n=i;if(!n.calculate)return console.error("Element doesn't implement QtiConditionExpression"),null;let o=n.calculate(),a=!1;if(typeof o=="string")if(o==="true")a=!0;else if(o==="false")a=!1;else return console.error("unexpected val in qti-or, expected boolean"),null;else typeof o=="boolean"&&(a=o);return a}).every(i=>typeof i=="boolean"&&i)}}}var Yi=class extends R{constructor(){super(...arguments);this.min=0;this.max=1/0}getResult(){let e=this.getVariables();if(!e||e.length===0)return console.error("qti-any-n requires at least one child expression"),null;if(this.min<0||this.max<this.min)return console.error("qti-any-n requires 0 <= min <= max"),null;let t=0;for(let i of e){if(i.cardinality!=="single"||Array.isArray(i.value))return console.error("qti-any-n requires single cardinality boolean expressions"),null;if(i.baseType!=="boolean")return console.error("qti-any-n requires boolean base-type"),null;if(i.value===null||i.value===void 0)return null;i.value==="true"&&t++}return t>=this.min&&t<=this.max}};d([g({type:Number})],Yi.prototype,"min",2),d([g({type:Number})],Yi.prototype,"max",2);customElements.define("qti-any-n",Yi);var xo=class extends R{constructor(){super(...arguments);this.baseType="string"}getResult(){return this.textContent.trim()}};d([g({type:String,attribute:"base-type"})],xo.prototype,"baseType",2);customElements.define("qti-base-value",xo);var $s=class extends R{getResult(){if(this.children?.length!==1)return console.error("qti-container-size must have exactly one child expression"),0;let r=this.getVariables();if(!r||r?.length===0)return 0;let e=r[0];return e.value===null||e.value===void 0?0:e.cardinality!=="multiple"&&e.cardinality!=="ordered"?(console.error("qti-container-size requires multiple or ordered cardinality"),0):Array.isArray(e.value)?e.value.length:(console.error("qti-container-size: expected array value for multiple/ordered cardinality"),0)}};customElements.define("qti-container-size",$s);var Ps=class extends ve{getResult(){let r=this.getVariables();if(this.children.length===2){let e=r[0],t=r[1];if(e.baseType==="directedPair"&&t.baseType==="directedPair"&&e.cardinality==="multiple"){let i=e.value,n=t.value;return i.filter(l=>n.includes(l)).length>0}else if(e.baseType==="directedPair"&&t.baseType==="directedPair"&&e.cardinality==="single"){let i=e.value;return t.value.includes(i)}else console.error("unsupported baseType or cardinality in qti contains, only baseType: directedPair and cardinality: multiple is supported")}else console.error("unexpected number of children in qti contains");return!1}};customElements.define("qti-contains",Ps);var Vs=class extends R{get interpretation(){return this.getAttribute("interpretation")||""}getResult(){let r=this.getAttribute("identifier")||"",e=this.context.variables.find(t=>t.identifier===r)||null;return e.cardinality!=="single"?e.correctResponse.length>0?e.correctResponse[0]:"":e.correctResponse}};customElements.define("qti-correct",Vs);var kr=class extends R{constructor(){super(...arguments);this.identifier=""}getResult(){if(!this.identifier)return console.error("qti-default requires an identifier attribute"),null;let e=this.identifier.split("."),t=null,i;if(e.length===2)t=e[0],i=e[1];else if(e.length===1)i=e[0];else return console.error("qti-default: invalid identifier format"),null;if(t){let o=this._testContext.items.find(l=>l.identifier===t);if(console.debug(`itemContext: ${JSON.stringify(o)}`),!this._testContext||!o)return console.warn(`qti-default: item "${t}" not found in test context`),null;let a=this._testContext.items.find(l=>l.identifier===t)?.variables.find(l=>l.identifier===i);return a?a.defaultValue||null:(console.warn(`qti-default: variable "${i}" not found in item "${t}"`),null)}if(!this.context?.variables)return console.warn("qti-default: no variables found in item context"),null;let n=this.context.variables.find(o=>o.identifier===i);return n?n.defaultValue||null:(console.warn(`qti-default: variable "${i}" not found in item context`),null)}};d([g({type:String})],kr.prototype,"identifier",2),d([$({context:W,subscribe:!0}),M()],kr.prototype,"context",2),d([M(),$({context:_e,subscribe:!0})],kr.prototype,"_testContext",2);customElements.define("qti-default",kr);var qo=class extends R{constructor(){super(...arguments);this.roundingMode="significantFigures"}get figures(){if(!this.getAttribute("figures"))return console.error("figures attribute is missing"),null;let t=parseInt(this.getAttribute("figures")||"0");return isNaN(t)?(console.error("figures attribute is not a number"),null):t<0?(console.error("figures attribute is negative"),null):t<1&&this.roundingMode==="significantFigures"?(console.error("figures cannot be smaller than 1 for RoundingMode significantFigures"),null):t}getResult(){if(this.children.length===2){let e=this.getVariables(),t=e[0],i=e[1];if(this.roundingMode===null)return null;if(t.cardinality!=="single"||i.cardinality!=="single"||Array.isArray(t.value)||Array.isArray(i.value))return console.error("unexpected cardinality in qti equal"),!1;switch(e[0].baseType){case"integer":case"float":{let n=parseFloat(t.value),o=parseFloat(i.value);if(!isNaN(n)&&!isNaN(o))return this.roundingMode==="significantFigures"?n.toPrecision(this.figures)===o.toPrecision(this.figures):Math.round(n*Math.pow(10,this.figures))/Math.pow(10,this.figures)===Math.round(o*Math.pow(10,this.figures))/Math.pow(10,this.figures);console.error(`value cannot be casted to numeric value in equalRounded operator: ${n}, ${o}`);break}default:{console.error("values other than float and int cannot be used in equalRounded operator.");break}}return!1}return console.error("unexpected number of children in qti-equal-rounded"),null}};d([g({type:String})],qo.prototype,"roundingMode",2);customElements.define("qti-equal-rounded",qo);var Ds=class extends R{getResult(){if(this.children.length!==1)return console.error("qti-round must have exactly one child expression"),null;let r=this.getVariables();if(!r||r.length===0)return null;let e=r[0];if(e.cardinality!=="single")return console.error("qti-round requires single cardinality"),null;if(Array.isArray(e.value))return console.error("qti-round unexpected array value for single cardinality"),null;if(e.value===null||e.value===void 0)return null;if(e.baseType!=="integer"&&e.baseType!=="float")return console.error("qti-round requires numerical base-type (integer or float)"),null;let t=parseFloat(e.value);return isNaN(t)?(console.warn("qti-round: NaN input results in NULL"),null):isFinite(t)?Math.floor(t+.5):t===1/0?1/0:t===-1/0?-1/0:null}};customElements.define("qti-round",Ds);var Ji=class extends R{constructor(){super(...arguments);this.roundingMode="significantFigures";this.figures=3}getResult(){if(this.children.length!==1)return console.error("qti-round-to must have exactly one child expression"),null;let e=this.getVariables();if(!e||e.length===0)return null;let t=e[0];if(t.cardinality!=="single")return console.error("qti-round-to requires single cardinality"),null;if(Array.isArray(t.value))return console.error("qti-round-to unexpected array value for single cardinality"),null;if(t.value===null||t.value===void 0)return null;if(t.baseType!=="integer"&&t.baseType!=="float")return console.error("qti-round-to requires numerical base-type"),null;let i=parseFloat(t.value);return isNaN(i)?null:isFinite(i)?this.figures<0?(console.error("qti-round-to: figures must be non-negative"),null):this.roundingMode==="significantFigures"&&this.figures<1?(console.error("qti-round-to: figures must be at least 1 for significantFigures mode"),null):this.roundingMode==="decimalPlaces"?this.#e(i,this.figures):this.#t(i,this.figures):i===1/0?1/0:i===-1/0?-1/0:null}#e(e,t){if(e===0)return 0;let i=Math.pow(10,t);return Math.round(e*i)/i}#t(e,t){if(e===0)return 0;let i=Math.floor(Math.log10(Math.abs(e))),n=Math.pow(10,t-i-1);return Math.round(e*n)/n}};d([g({type:String,attribute:"rounding-mode"})],Ji.prototype,"roundingMode",2),d([g({type:Number})],Ji.prototype,"figures",2);customElements.define("qti-round-to",Ji);var wo=class extends R{constructor(){super(...arguments);this.toleranceMode="exact"}getResult(){if(this.children.length===2){let e=this.getVariables(),t=e[0],i=e[1];return!t||!i?null:this.toleranceMode!=="exact"?(console.error("toleranceMode is not supported yet"),!1):t.cardinality!=="single"||i.cardinality!=="single"||Array.isArray(t.value)||Array.isArray(i.value)?(console.error("unexpected cardinality in qti equal"),!1):t.value===null||i.value===null||t.value===void 0||i.value===void 0?null:J.compareSingleValues(t.value,i.value,t.baseType)}return console.error("unexpected number of children in qti-equal"),null}};d([g({type:String})],wo.prototype,"toleranceMode",2);customElements.define("qti-equal",wo);var Ns=class extends R{getResult(){let r=this.#e(this.getVariables());return r.length!==2?(console.warn("qti-divide: expected exactly 2 numeric values"),null):r[1]===0?(console.warn("qti-divide: division by zero"),null):r[0]/r[1]}#e(r){let e=[];for(let t of r){if(!t)continue;let i=n=>{if(n==null)return;let o=parseFloat(n.toString());if(Number.isNaN(o)){console.warn("qti-divide: non-numeric value encountered");return}e.push(o)};if(Array.isArray(t.value)){t.value.forEach(n=>i(n));continue}i(t.value)}return e}};customElements.define("qti-divide",Ns);var Os=class extends R{getResult(){let r=this.#e();return r?r[0]>=r[1]:null}#e(){let r=this.getVariables();if(r.length!==2)return console.error("qti-duration-gte requires exactly 2 duration expressions"),null;let e=r.map(t=>this.#t(t));return e.some(t=>t===null)?null:e}#t(r){if(r.cardinality!=="single"||Array.isArray(r.value))return console.error("qti-duration-gte requires single cardinality"),null;if(r.baseType!=="duration")return console.error("qti-duration-gte requires duration base-type"),null;if(r.value===null||r.value===void 0)return null;let e=Number.parseFloat(r.value.toString());return Number.isNaN(e)?(console.error(`qti-duration-gte requires duration values expressed in seconds, got "${r.value.toString()}"`),null):e}};customElements.define("qti-duration-gte",Os);var Hs=class extends R{getResult(){let r=this.#e();return r?r[0]<r[1]:null}#e(){let r=this.getVariables();if(r.length!==2)return console.error("qti-duration-lt requires exactly 2 duration expressions"),null;let e=r.map(t=>this.#t(t));return e.some(t=>t===null)?null:e}#t(r){if(r.cardinality!=="single"||Array.isArray(r.value))return console.error("qti-duration-lt requires single cardinality"),null;if(r.baseType!=="duration")return console.error("qti-duration-lt requires duration base-type"),null;if(r.value===null||r.value===void 0)return null;let e=Number.parseFloat(r.value.toString());return Number.isNaN(e)?(console.error(`qti-duration-lt requires duration values expressed in seconds, got "${r.value.toString()}"`),null):e}};customElements.define("qti-duration-lt",Hs);var Fs=class extends R{getResult(){if(this.children.length===0)return console.error("qti-gcd must have at least one child expression"),null;let r=this.getVariables();if(!r||r.length===0)return null;let e=[];for(let t of r){if(t.baseType!=="integer")return console.error("qti-gcd requires integer base-type"),null;if(t.value===null||t.value===void 0)return null;if(t.cardinality==="single"){if(Array.isArray(t.value))return console.error("qti-gcd unexpected array value for single cardinality"),null;let i=parseInt(t.value,10);if(isNaN(i))return console.error("qti-gcd non-numerical value"),null;e.push(i)}else if(t.cardinality==="multiple"||t.cardinality==="ordered"){if(!Array.isArray(t.value))return console.error("qti-gcd expected array value for multiple/ordered cardinality"),null;for(let i of t.value){if(i==null)return null;let n=parseInt(i,10);if(isNaN(n))return console.error("qti-gcd non-numerical value"),null;e.push(n)}}else return console.error("qti-gcd unsupported cardinality"),null}return e.length===0?null:this.#e(e)}#e(r){if(r.length===0)return 0;if(r.length===1)return Math.abs(r[0]);let e=Math.abs(r[0]);for(let t=1;t<r.length&&(e=this.#t(e,Math.abs(r[t])),e!==1);t++);return e}#t(r,e){if(r===0&&e===0)return 0;if(r===0)return e;if(e===0)return r;for(;e!==0;){let t=e;e=r%e,r=t}return r}};customElements.define("qti-gcd",Fs);var Us=class extends R{getResult(){if(this.children.length===2){let r=this.getVariables(),e=r[0],t=r[1];if((e.baseType==="integer"||e.baseType==="float")&&(t.baseType==="integer"||t.baseType==="float"))return+e.value>+t.value;console.error("unexpected baseType or cardinality in qti gt")}return console.error("unexpected number of children in qt"),null}};customElements.define("qti-gt",Us);var Bs=class extends ve{getResult(){if(this.children.length===2){let r=this.getVariables(),e=r[0],t=r[1];return(e.baseType==="integer"||e.baseType==="float")&&(t.baseType==="integer"||t.baseType==="float")?+e.value>=+t.value:(console.error("unexpected baseType or cardinality in qti gte"),null)}return console.log("unexpected number of children in qte"),null}};customElements.define("qti-gte",Bs);var Ki=class extends R{constructor(){super(...arguments);this.shape="";this.coords=""}getResult(){let e=this.getVariables();if(e.length!==1)return console.error("qti-inside requires exactly one point expression"),null;let t=e[0];if(t.cardinality!=="single"||Array.isArray(t.value))return console.error("qti-inside requires single cardinality"),null;if(t.value===null||t.value===void 0)return null;if(!this.shape||!this.coords)return console.error("qti-inside requires shape and coords attributes"),null;let i=this.#e(t.value.toString()),n=this.#t(this.coords);if(!i||n.length===0)return null;switch(this.shape.toLowerCase()){case"circle":return this.#r(i,n);case"rect":return this.#i(i,n);case"ellipse":return this.#n(i,n);case"poly":case"polygon":return this.#o(i,n);default:return console.error(`qti-inside does not support shape "${this.shape}"`),null}}#e(e){let t=e.split(/[,\s]+/).map(o=>o.trim()).filter(Boolean);if(t.length!==2)return console.error('qti-inside requires a point value formatted as "x y" or "x,y"'),null;let i=Number.parseFloat(t[0]),n=Number.parseFloat(t[1]);return Number.isNaN(i)||Number.isNaN(n)?(console.error("qti-inside requires numeric point coordinates"),null):{x:i,y:n}}#t(e){let t=e.split(",").map(i=>i.trim()).filter(Boolean).map(i=>Number.parseFloat(i));return t.some(i=>Number.isNaN(i))?(console.error("qti-inside requires numeric coords"),[]):t}#r(e,t){if(t.length!==3)return console.error("qti-inside circle requires x,y,r"),null;let[i,n,o]=t;return(e.x-i)**2+(e.y-n)**2<=o**2}#i(e,t){if(t.length!==4)return console.error("qti-inside rect requires left,top,right,bottom"),null;let[i,n,o,a]=t,l=Math.min(i,o),c=Math.max(i,o),p=Math.min(n,a),u=Math.max(n,a);return e.x>=l&&e.x<=c&&e.y>=p&&e.y<=u}#n(e,t){if(t.length!==4)return console.error("qti-inside ellipse requires centerX,centerY,radiusX,radiusY"),null;let[i,n,o,a]=t;return o===0||a===0?!1:(e.x-i)**2/o**2+(e.y-n)**2/a**2<=1}#o(e,t){if(t.length<6||t.length%2!==0)return console.error("qti-inside polygon requires at least 3 coordinate pairs"),null;let i=!1;for(let n=0,o=t.length-2;n<t.length;n+=2){let a=t[n],l=t[n+1],c=t[o],p=t[o+1];l>e.y!=p>e.y&&e.x<(c-a)*(e.y-l)/(p-l||Number.EPSILON)+a&&(i=!i),o=n}return i}};d([g({type:String})],Ki.prototype,"shape",2),d([g({type:String})],Ki.prototype,"coords",2);customElements.define("qti-inside",Ki);var zs=class extends R{getResult(){let r=this.#e(this.getVariables());return r.length!==2?(console.error("qti-integer-divide requires exactly 2 integer values"),null):r[1]===0?(console.error("qti-integer-divide: division by zero"),null):Math.floor(r[0]/r[1])}#e(r){let e=[];for(let t of r){if(t.baseType!=="integer")return console.error("qti-integer-divide requires integer base-type"),[];if(t.cardinality!=="single"||Array.isArray(t.value))return console.error("qti-integer-divide requires single cardinality"),[];if(t.value===null||t.value===void 0)return[];let i=Number.parseInt(t.value,10);if(Number.isNaN(i))return console.error("qti-integer-divide requires integer values"),[];e.push(i)}return e}};customElements.define("qti-integer-divide",zs);var js=class extends R{getResult(){let r=this.#e(this.getVariables());return r.length!==2?(console.error("qti-integer-modulus requires exactly 2 integer values"),null):r[1]===0?(console.error("qti-integer-modulus: division by zero"),null):r[0]%r[1]}#e(r){let e=[];for(let t of r){if(t.baseType!=="integer")return console.error("qti-integer-modulus requires integer base-type"),[];if(t.cardinality!=="single"||Array.isArray(t.value))return console.error("qti-integer-modulus requires single cardinality"),[];if(t.value===null||t.value===void 0)return[];let i=Number.parseInt(t.value,10);if(Number.isNaN(i))return console.error("qti-integer-modulus requires integer values"),[];e.push(i)}return e}};customElements.define("qti-integer-modulus",js);var Ws=class extends R{getResult(){let r=this.getVariables();if(r.length!==1)return console.error("qti-integer-to-float requires exactly one child expression"),null;let e=r[0];if(e.baseType!=="integer")return console.error("qti-integer-to-float requires integer base-type"),null;if(e.cardinality!=="single"||Array.isArray(e.value))return console.error("qti-integer-to-float requires single cardinality"),null;if(e.value===null||e.value===void 0)return null;let t=Number.parseInt(e.value,10);return Number.isNaN(t)?(console.error("qti-integer-to-float requires an integer value"),null):t}};customElements.define("qti-integer-to-float",Ws);var Gs=class extends R{getResult(){let r=this.#e(this.getVariables());return r.length===0?(console.error("qti-lcm requires at least one integer value"),null):r.reduce((e,t)=>this.#r(e,t))}#e(r){let e=[];for(let t of r){if(t.baseType!=="integer")return console.error("qti-lcm requires integer base-type"),[];if(t.value===null||t.value===void 0)return[];if(t.cardinality==="single"){if(Array.isArray(t.value))return console.error("qti-lcm unexpected array value for single cardinality"),[];let i=Number.parseInt(t.value,10);if(Number.isNaN(i))return console.error("qti-lcm requires integer values"),[];e.push(i);continue}if(t.cardinality!=="multiple"&&t.cardinality!=="ordered")return console.error("qti-lcm unsupported cardinality"),[];if(!Array.isArray(t.value))return console.error("qti-lcm expected array value for container cardinality"),[];for(let i of t.value){let n=Number.parseInt(i,10);if(Number.isNaN(n))return console.error("qti-lcm requires integer values"),[];e.push(n)}}return e}#t(r,e){let t=Math.abs(r),i=Math.abs(e);for(;i!==0;){let n=t%i;t=i,i=n}return t}#r(r,e){return r===0||e===0?0:Math.abs(r*e/this.#t(r,e))}};customElements.define("qti-lcm",Gs);var Xs=class extends R{getResult(){return null}};customElements.define("qti-null",Xs);var Qs=class extends R{getResult(){if(this.children.length===1){let r=this.getVariables();if(!r)return!0;let e=r[0].value;return e==null||e==null||e===""}return console.error("unexpected number of children in qti Null"),null}};customElements.define("qti-is-null",Qs);var Ys=class extends R{getResult(){let r=this.getAttribute("field-identifier");if(!r)throw new Error("field-identifier attribute is required");if(Array.from(this.children).length!==1)throw new Error("qti-field-value must have exactly one child expression");let t=this.getVariables()[0];if(t.baseType!=="record"||t.value===null)throw new Error("qti-field-value child expression must return a record");let i=t.value[r];if(i===void 0)throw new Error(`Field "${r}" not found in record`);return i}};customElements.define("qti-field-value",Ys);var Js=class extends R{getResult(){if(this.children.length===2){let r=this.getVariables(),e=r[0],t=r[1];if((e.baseType==="integer"||e.baseType==="float")&&(t.baseType==="integer"||t.baseType==="float"))return+e.value<+t.value;console.error("unexpected baseType or cardinality in qti lt")}return console.error("unexpected number of children in lt"),null}};customElements.define("qti-lt",Js);var Ks=class extends ve{getResult(){if(this.children.length===2){let r=this.getVariables(),e=r[0],t=r[1];return(e.baseType==="integer"||e.baseType==="float")&&(t.baseType==="integer"||t.baseType==="float")?+e.value<=+t.value:(console.error("unexpected baseType or cardinality in qti lte"),null)}return console.log("unexpected number of children in lte"),null}};customElements.define("qti-lte",Ks);var Co=class extends R{getResult(){let r=this.context.variables.find(n=>n.identifier===this.identifier);if(!r||!r.mapping)return console.error(`Response ${this.identifier} can not be found`),null;let e=r.mapping,t=Array.isArray(r.value)?r.value:[r.value],i=0;for(let n of t){let o=e.mapEntries.filter(l=>r.baseType==="string"&&!l.caseSensitive?J.compareSingleValues(l.mapKey.toLowerCase(),n.toLowerCase(),r.baseType):J.compareSingleValues(l.mapKey,n,r.baseType)),a=o.reduce((l,c)=>l.mappedValue>c.mappedValue?l:c,o.length>0?o[0]:{mapKey:null,mappedValue:null});a===null||a.mappedValue==null?i+=e.defaultValue:i+=a.mappedValue}return e?.lowerBound!==null&&e?.lowerBound!==void 0&&(i=Math.max(e.lowerBound,i)),e?.upperBound!==null&&e?.upperBound!==void 0&&(i=Math.min(e.upperBound,i)),i}};d([g({type:String})],Co.prototype,"identifier",2);customElements.define("qti-map-response",Co);var Eo=class extends R{getResult(){let r=this.context.variables.find(o=>o.identifier===this.identifier);if(!r)return console.warn(`Response ${this.identifier} cannot be found`),null;let e=r.areaMapping;if(!e)return console.warn(`Area mapping not found for response ${this.identifier}`),null;let t=Array.isArray(r.value)?r.value:[r.value];if(!t||t.length===0)return console.warn(`No candidate responses for response ${this.identifier}`),null;let i=0,n=new Set;for(let o of t)for(let a of e.areaMapEntries){if(n.has(a.coords))continue;J.isPointInArea(o,`${a.shape},${a.coords}`,r.baseType)&&(i+=a.mappedValue??0,n.add(a.coords))}return n.size<t.length&&(i+=e.defaultValue),e.lowerBound!=null&&(i=Math.max(e.lowerBound,i)),e.upperBound!=null&&(i=Math.min(e.upperBound,i)),i}};d([g({type:String})],Eo.prototype,"identifier",2);customElements.define("qti-map-response-point",Eo);var So=class extends R{constructor(){super(...arguments);this.name=""}getResult(){if(!this.name)return console.error("qti-math-operator requires a name attribute"),null;let e=this.getVariables();if(!e||e.length===0)return null;let t=[];for(let i of e){if(i.cardinality!=="single")return console.error("qti-math-operator requires single cardinality"),null;if(Array.isArray(i.value))return console.error("qti-math-operator unexpected array value for single cardinality"),null;if(i.value===null||i.value===void 0)return null;if(i.baseType!=="integer"&&i.baseType!=="float")return console.error("qti-math-operator requires numerical base-type"),null;let n=parseFloat(i.value);if(isNaN(n))return console.error("qti-math-operator non-numerical value"),null;t.push(n)}return this.#e(this.name,t)}#e(e,t){try{switch(e.toLowerCase()){case"sin":return t.length!==1?null:Math.sin(t[0]);case"cos":return t.length!==1?null:Math.cos(t[0]);case"tan":return t.length!==1?null:Math.tan(t[0]);case"asin":return t.length!==1||t[0]<-1||t[0]>1?null:Math.asin(t[0]);case"acos":return t.length!==1||t[0]<-1||t[0]>1?null:Math.acos(t[0]);case"atan":return t.length!==1?null:Math.atan(t[0]);case"sinh":return t.length!==1?null:Math.sinh(t[0]);case"cosh":return t.length!==1?null:Math.cosh(t[0]);case"tanh":return t.length!==1?null:Math.tanh(t[0]);case"log":return t.length!==1||t[0]<=0?null:Math.log(t[0]);case"ln":return t.length!==1||t[0]<=0?null:Math.log(t[0]);case"log10":return t.length!==1||t[0]<=0?null:Math.log10(t[0]);case"exp":return t.length!==1?null:Math.exp(t[0]);case"abs":return t.length!==1?null:Math.abs(t[0]);case"sqrt":return t.length!==1||t[0]<0?null:Math.sqrt(t[0]);case"signum":return t.length!==1?null:Math.sign(t[0]);case"floor":return t.length!==1?null:Math.floor(t[0]);case"ceil":return t.length!==1?null:Math.ceil(t[0]);case"round":return t.length!==1?null:Math.round(t[0]);case"atan2":return t.length!==2?null:Math.atan2(t[0],t[1]);case"pow":{if(t.length!==2)return null;let i=t[0],n=t[1];return i===0&&n<=0||i<0&&!Number.isInteger(n)?null:Math.pow(i,n)}case"log_base":{if(t.length!==2)return null;let i=t[0],n=t[1];return i<=0||n<=0||n===1?null:Math.log(i)/Math.log(n)}case"mod":return t.length!==2||t[1]===0?null:t[0]%t[1];case"max":return t.length<1?null:Math.max(...t);case"min":return t.length<1?null:Math.min(...t);default:return console.error(`qti-math-operator: unknown operation "${e}"`),null}}catch(i){return console.error(`qti-math-operator: error performing operation "${e}":`,i),null}}};d([g({type:String})],So.prototype,"name",2);customElements.define("qti-math-operator",So);var Zs=class s extends R{getResult(){if(this.children.length===2){let r=this.getVariables(),e=r[0],t=r[1];return s.match(e,t)}return console.error("unexpected number of children in match"),null}static match(r,e){if(r.value===null)return!1;switch(e.cardinality){case"single":return Array.isArray(r.value)||Array.isArray(e.value)?(console.error("unexpected cardinality in qti match"),!1):J.compareSingleValues(r.value?.toString(),e.value.toString(),e.baseType);case"ordered":{if(!Array.isArray(r.value)||!Array.isArray(e.value))return console.error("unexpected cardinality in qti match"),!1;if(r.value.length!==e.value.length)return!1;for(let t=0;t<r.value.length;t++)if(!J.compareSingleValues(e.value[t],r.value[t],e.baseType))return!1;return!0}case"multiple":{if(!Array.isArray(r.value)||!Array.isArray(e.value))return console.error("unexpected cardinality in qti match"),!1;if(r.value.length!==e.value.length)return!1;let t=0;for(let i of e.value){let n=null,o=[...r.value];for(let a of o)if(J.compareSingleValues(i,a,e.baseType)){n=a;break}if(n!==null)o.splice(o.indexOf(n),1);else return!1;t++}return!0}default:return console.error("unexpected cardinality in qti match"),!1}}};customElements.define("qti-match",Zs);var ea=class extends R{getResult(){let r=this.#e(this.getVariables());return r.length===0?(console.warn("qti-max: no numeric values provided"),null):Math.max(...r)}#e(r){let e=[];for(let t of r){if(!t)continue;let i=n=>{if(n==null)return;let o=parseFloat(n.toString());if(Number.isNaN(o)){console.warn("qti-max: non-numeric value encountered");return}e.push(o)};if(Array.isArray(t.value)){t.value.forEach(n=>i(n));continue}i(t.value)}return e}};customElements.define("qti-max",ea);var ta=class extends R{getResult(){let r=this.getVariables();this.children.length!==2&&console.warn("The member operator takes two sub-expressions");let[e,t]=r;if(e.baseType===t.baseType||e.baseType==="integer"&&t.baseType==="float"||e.baseType==="float"&&t.baseType==="integer"||console.warn("Which must both have the same base-type"),t.cardinality==="multiple"||t.cardinality==="ordered"||console.warn("and the second must be a multiple or ordered container"),(e.baseType==="float"||t.baseType==="float")&&console.warn("The member operator should not be used on sub-expressions with a base-type of float"),(e.baseType==="duration"||t.baseType==="duration")&&console.warn("It must not be used on sub-expressions with a base-type of duration"),e.value===null||t.value===null)return null;let i=e.value;return t.value.includes(i)}};customElements.define("qti-member",ta);var ra=class extends R{getResult(){let r=this.#e(this.getVariables());return r.length===0?(console.warn("qti-min: no numeric values provided"),null):Math.min(...r)}#e(r){let e=[];for(let t of r){if(!t)continue;let i=n=>{if(n==null)return;let o=parseFloat(n.toString());if(Number.isNaN(o)){console.warn("qti-min: non-numeric value encountered");return}e.push(o)};if(Array.isArray(t.value)){t.value.forEach(n=>i(n));continue}i(t.value)}return e}};customElements.define("qti-min",ra);var ia=class extends R{getResult(){console.debug("qti-multiple getResult called",this.innerHTML);let r=this.getVariables();if(r.length===0)return console.error("unexpected number of children in qti multiple"),null;for(let e of r)if(e.cardinality!=="multiple"&&e.cardinality!=="single")return console.error("unexpected cardinality in qti multiple"),[];return r}};customElements.define("qti-multiple",ia);var na=class extends R{render(){return x`${super.render()}`}getResult(){return!this.firstElementChild.calculate()}};customElements.define("qti-not",na);var oa=class extends ve{getResult(){return Array.from(this.children).map(e=>{let t=e;if(!t.calculate)return console.error("Element doesn't implement QtiConditionExpression"),null;let i=t.calculate(),n=!1;if(typeof i=="string")if(i==="true")n=!0;else if(i==="false")n=!1;else return console.error("unexpected val in qti-or, expected boolean"),null;else typeof i=="boolean"&&(n=i);return n}).some(e=>typeof e=="boolean"&&e)}};customElements.define("qti-or",oa);var sa=class extends R{getResult(){let r=this.getVariables();if(r.length===0)return console.error("unexpected number of children in qti multiple"),null;for(let e of r)if(e.cardinality!=="ordered"&&e.cardinality!=="single")return console.error("unexpected cardinality in qti ordered"),[];return r}};customElements.define("qti-ordered",sa);var aa=class extends R{getResult(){if(this.children.length!==2)return console.error("qti-power must have exactly two child expressions"),null;let r=this.getVariables();if(!r||r.length!==2)return null;let[e,t]=r;if(e.cardinality!=="single"||t.cardinality!=="single")return console.error("qti-power requires single cardinality for both expressions"),null;if(Array.isArray(e.value)||Array.isArray(t.value))return console.error("qti-power unexpected array value for single cardinality"),null;if(e.value===null||e.value===void 0||t.value===null||t.value===void 0)return null;if(e.baseType!=="integer"&&e.baseType!=="float"||t.baseType!=="integer"&&t.baseType!=="float")return console.error("qti-power requires numerical base-types"),null;let i=parseFloat(e.value),n=parseFloat(t.value);if(isNaN(i)||isNaN(n))return console.error("qti-power: non-numerical values encountered"),null;if(i===0&&n<=0||i<0&&!Number.isInteger(n))return null;let o;try{o=Math.pow(i,n)}catch(a){return console.error("qti-power: error calculating power:",a),null}if(isNaN(o))return null;if(o===1/0||o===-1/0)return o;if(!isFinite(o)||Math.abs(o)>Number.MAX_VALUE||o!==0&&Math.abs(o)<Number.MIN_VALUE)return null;if(isFinite(o)&&o!==0){let a=Math.floor(Math.log10(Math.abs(o))),l=Math.max(0,14-a),c=Math.pow(10,l);o=Math.round(o*c)/c}return o}};customElements.define("qti-power",aa);var Ao=class extends R{constructor(){super(...arguments);this.pattern=""}getResult(){let e=this.getVariables();if(e.length!==1)return console.error("qti-pattern-match requires exactly one child expression"),null;if(!this.pattern)return console.error("qti-pattern-match requires a pattern attribute"),null;let t=e[0];if(t.cardinality!=="single"||Array.isArray(t.value))return console.error("qti-pattern-match requires single cardinality"),null;if(t.value===null||t.value===void 0)return null;try{return new RegExp(this.pattern).test(t.value.toString())}catch(i){return console.error("qti-pattern-match requires a valid regular expression",i),null}}};d([g({type:String})],Ao.prototype,"pattern",2);customElements.define("qti-pattern-match",Ao);var Zi=class extends C{render(){let r=this.context?.variables.find(e=>e.identifier===this.identifier)?.value;return r===null?O:x`${JSON.stringify(r,null,2)}`}calculate(){return this.context.variables.find(e=>e.identifier===this.identifier)||null}};d([g({type:String})],Zi.prototype,"identifier",2),d([$({context:W,subscribe:!0}),M()],Zi.prototype,"context",2);customElements.define("qti-printed-variable",Zi);var la=class extends R{getResult(){return this.getVariables().reduce((t,i)=>{if(i.baseType=="float"||i.baseType=="integer")try{return t*parseFloat(i.value.toString())}catch{console.warn("can not convert to number")}else console.warn(`has another baseType ${i.baseType}`);return t},1)}};customElements.define("qti-product",la);var To=class extends R{constructor(){super(...arguments);this.numberRepeats=""}getResult(){let e=this.#e();if(e<=0)return[];let t=this.firstElementChild;if(!t)return console.warn("qti-repeat: missing child expression"),[];let i=[];for(let n=0;n<e;n++){let o=t.calculate(),a=this.#t(o);a&&i.push(a)}return i}#e(){if(!this.numberRepeats)return console.warn("qti-repeat: missing number-repeats attribute"),0;let e=parseInt(this.numberRepeats,10);if(!Number.isNaN(e))return e;let t=this.numberRepeats,i=this.context?.variables?.find(a=>a.identifier===t);if(!i)return console.warn(`qti-repeat: unknown identifier "${t}"`),0;let n=Array.isArray(i.value)?i.value[0]:i.value,o=parseInt(n?.toString()??"",10);return Number.isNaN(o)?(console.warn(`qti-repeat: invalid repeat count from "${t}"`),0):o}#t(e){if(e==null)return null;if(typeof e=="number")return{identifier:"",cardinality:"single",baseType:Number.isInteger(e)?"integer":"float",value:e.toString(),type:"response"};if(typeof e=="string"){let t=parseFloat(e);if(!Number.isNaN(t))return{identifier:"",cardinality:"single",baseType:Number.isInteger(t)?"integer":"float",value:e.toString(),type:"response"}}if(e&&typeof e=="object"&&"value"in e){let t=e.value;return{identifier:"",cardinality:"single",baseType:e.baseType??"string",value:t!=null?t.toString():null,type:"response"}}return{identifier:"",cardinality:"single",baseType:"string",value:e.toString(),type:"response"}}};d([g({type:String,attribute:"number-repeats"})],To.prototype,"numberRepeats",2);customElements.define("qti-repeat",To);var ca=class extends ae{process(){let r=this.getAttribute("identifier");if(!r){console.warn('QtiSetCorrectResponse: Missing "identifier" attribute.');return}let e=this.firstElementChild;if(!e){console.warn("QtiSetCorrectResponse: No expression found.");return}let i=new da(e).process();this.dispatchEvent(new CustomEvent("qti-set-correct-response",{bubbles:!0,composed:!0,detail:{responseIdentifier:r,value:this.#e(i)}}))}#e(r){return r==null?null:Array.isArray(r)?r.map(e=>we(this.#t(e))):we(this.#t(r))}#t(r){if(r&&typeof r=="object"&&"value"in r){let e=r.value;return e!=null?e.toString():""}return r?.toString()??""}},da=class{constructor(r){this.expression=r}process(){let r=this.expression.calculate()??null;return r===null&&console.warn("QtiSetCorrectResponseRule: Evaluated value is null."),Array.isArray(r)?r.map(e=>this.#e(e)):this.#e(r)}#e(r){return r&&typeof r=="object"&&"value"in r?r.value:r}};customElements.define("qti-set-correct-response",ca);var pa=class extends ae{process(){let r=this.getAttribute("identifier");if(!r){console.warn('QtiSetTemplateValue: Missing "identifier" attribute.');return}let e=this.firstElementChild;if(!e){console.warn("QtiSetTemplateValue: No expression found.");return}let i=new ua(e).process();this.dispatchEvent(new CustomEvent("qti-set-template-value",{bubbles:!0,composed:!0,detail:{templateIdentifier:r,value:this.#e(i)}}))}#e(r){return r==null?null:Array.isArray(r)?r.map(e=>we(this.#t(e))):we(this.#t(r))}#t(r){if(r&&typeof r=="object"&&"value"in r){let e=r.value;return e!=null?e.toString():""}return r?.toString()??""}},ua=class{constructor(r){this.expression=r}process(){let r=this.expression.calculate()??null;return r===null&&console.warn("QtiSetTemplateValueRule: Evaluated value is null."),Array.isArray(r)?r.map(e=>this.#e(e)):this.#e(r)}#e(r){return r&&typeof r=="object"&&"value"in r?r.value:r}};customElements.define("qti-set-template-value",pa);var Io=class extends R{constructor(){super(...arguments);this.name=""}getResult(){if(!this.name)return console.warn("qti-stats-operator: missing name attribute"),null;let e=this.#t(this.getVariables());if(e.length===0)return console.warn("qti-stats-operator: no numeric values provided"),null;switch(this.name.toLowerCase()){case"mean":return e.reduce((t,i)=>t+i,0)/e.length;case"popsd":return this.#e(e);default:return console.warn(`qti-stats-operator: unsupported operator "${this.name}"`),null}}#e(e){let t=e.reduce((n,o)=>n+o,0)/e.length,i=e.reduce((n,o)=>n+Math.pow(o-t,2),0)/e.length;return Math.sqrt(i)}#t(e){let t=[];for(let i of e){if(!i)continue;let n=o=>{if(o==null)return;let a=parseFloat(o.toString());if(Number.isNaN(a)){console.warn("qti-stats-operator: non-numeric value encountered");return}t.push(a)};if(Array.isArray(i.value)){i.value.forEach(o=>n(o));continue}n(i.value)}return t}};d([g({type:String})],Io.prototype,"name",2);customElements.define("qti-stats-operator",Io);var Ro=class extends Fp(R){getResult(){return this.calculateChildren(Array.from(this.children))}};function Fp(s){return class extends s{calculateChildren(e){let t=e.map(i=>{if(!i.calculate)return console.error("Element doesn't implement QtiConditionExpression"),null;let n=i.calculate();return Number.isNaN(n)?(console.error("Unexpected value in qti-subtract, expected number"),null):Number(n)});return t.some(i=>i===null)?(console.error("One or more child expressions returned invalid values"),0):t[0]-t[1]}}}customElements.define("qti-subtract",Ro);var ko=class extends R{constructor(){super(...arguments);this.caseSensitive="true"}getResult(){let e=this.getVariables();if(e.length!==2)return console.error("qti-substring requires exactly 2 child expressions"),null;let[t,i]=e;if(t.cardinality!=="single"||i.cardinality!=="single"||Array.isArray(t.value)||Array.isArray(i.value))return console.error("qti-substring requires single cardinality"),null;if(t.value===null||i.value===null||t.value===void 0||i.value===void 0)return null;let n=t.value.toString(),o=i.value.toString();return this.caseSensitive!=="true"?o.toLowerCase().includes(n.toLowerCase()):o.includes(n)}};d([g({type:String,attribute:"case-sensitive"})],ko.prototype,"caseSensitive",2);customElements.define("qti-substring",ko);var Mo=class extends R{constructor(){super(...arguments);this.caseSensitive="true"}getResult(){if(this.children.length===2){let e=this.getVariables(),t=e[0],i=e[1];if(t.cardinality!=="single"||i.cardinality!=="single"||Array.isArray(t.value)||Array.isArray(i.value))return console.error("unexpected cardinality in qti string-match"),!1;let n=this.caseSensitive==="true"?t.value:t.value.toLowerCase(),o=this.caseSensitive==="true"?i.value:i.value.toLowerCase();return J.compareSingleValues(n,o,t.baseType)}return console.error("unexpected number of children in qti-string-match"),null}};d([g({type:String,attribute:"case-sensitive"})],Mo.prototype,"caseSensitive",2);customElements.define("qti-string-match",Mo);var ma=class extends R{getResult(){return new ha(Array.from(this.children)).calculate()}},ha=class{constructor(r){this.expressions=r}calculate(){return this.expressions.filter(t=>t.calculate!==void 0).some(t=>t.calculate()===null)?null:this.expressions.map(t=>{let i=t.calculate();return Number.isNaN(i)?(console.error("unexpected value in qti-sum, expected number"),null):Number(i)}).reduce((t,i)=>t+i,0)}};customElements.define("qti-sum",ma);var fa=class extends R{getResult(){let r=this.getVariables();if(r.length!==1)return console.error("qti-truncate requires exactly one child expression"),null;let e=r[0];if(e.cardinality!=="single"||Array.isArray(e.value))return console.error("qti-truncate requires single cardinality"),null;if(e.baseType!=="integer"&&e.baseType!=="float")return console.error("qti-truncate requires numerical base-type"),null;if(e.value===null||e.value===void 0)return null;let t=Number.parseFloat(e.value);return Number.isNaN(t)?(console.error("qti-truncate requires a numerical value"),null):Math.trunc(t)}};customElements.define("qti-truncate",fa);var ga=class extends R{getResult(){let r=this.getAttribute("identifier");return this.context.variables.find(t=>t.identifier===r).value}};customElements.define("qti-variable",ga);var Mr=class extends R{constructor(){super(...arguments);this.min=0;this.max=10;this.step=1}getResult(){if(this.min>this.max)return console.error("qti-random-integer: min cannot be greater than max"),this.min;if(this.step<=0)return console.error("qti-random-integer: step must be positive"),this.min;let e=[],t=0;for(;;){let n=this.min+this.step*t;if(n>this.max)break;Number.isInteger(n)&&e.push(n),t++}if(e.length===0)return console.warn("qti-random-integer: no valid integer values in range"),Number.isInteger(this.min)?this.min:Math.floor(this.min);let i=Math.floor(Math.random()*e.length);return e[i]}getPossibleValues(){let e=[];if(this.min>this.max||this.step<=0)return[Number.isInteger(this.min)?this.min:Math.floor(this.min)];let t=0;for(;;){let i=this.min+this.step*t;if(i>this.max)break;Number.isInteger(i)&&e.push(i),t++}return e.length>0?e:[Number.isInteger(this.min)?this.min:Math.floor(this.min)]}};d([g({type:Number})],Mr.prototype,"min",2),d([g({type:Number})],Mr.prototype,"max",2),d([g({type:Number})],Mr.prototype,"step",2);customElements.define("qti-random-integer",Mr);var ba=class extends R{getResult(){let r=this.getVariables();if(r.length===1){let e=r[0].value;if(Array.isArray(e)){let t=Math.floor(Math.random()*e.length);return e[t]}return e}return console.error("unexpected number of children in match"),null}};customElements.define("qti-random",ba);var va=class extends R{getResult(){if(this.children.length===2){let r=this.getVariables(),e=r[0],t=r[1];return e.cardinality!=="single"||!Array.isArray(t.value)?(console.error("unexpected cardinality in qti equal"),null):r[0].baseType!==r[1].baseType?(console.error("The baseType of the two variables is different"),null):t.value.filter(n=>!e.value.includes(n))}return null}};customElements.define("qti-delete",va);var _o,Sd,en=class extends R{constructor(){super(...arguments);L(this,_o)}getResult(){if(!this.n)return console.error('qti-index: missing required attribute "n"'),null;if(this.children.length!==1)return console.error("qti-index: must have exactly one child container element"),null;let e=this.getVariables()[0];if(!e)return console.error("qti-index: missing container"),null;let t;if(!isNaN(Number(this.n)))t=Number(this.n);else{let i=P(this,_o,Sd).call(this,this.n);if(i===null)return console.error(`qti-index: variable "${this.n}" is not a valid number`),null;t=Number(i)}if(t<=0||!Number.isInteger(t))return console.error("qti-index: index must be a positive integer"),null;if(e.cardinality==="ordered"){let i=Array.isArray(e.value)?e.value:[e.value];return e.value===null||t>i.length?null:i[t-1]}else return console.error("qti-index: child must have ordered cardinality"),null}};_o=new WeakSet,Sd=function(e){let t=this.context.variables.find(i=>i.identifier===e)?.value;return t===null||isNaN(Number(t))?null:Number(t)},d([g({type:String})],en.prototype,"n",2),en=d([k("qti-index")],en);export{dl as Correctness,Ko as INITIAL_SESSION_CONTEXT,Zo as INITIAL_TEST_CONTEXT,V as Interaction,ts as IsNullOrUndefined,Ye as ItemContainer,jt as ItemCorrectResponseMode,Sr as ItemPrintVariables,Ee as ItemShowCandidateCorrection,Se as ItemShowCorrectResponse,yo as QtiAnd,Yi as QtiAnyN,ue as QtiAssessmentItem,ze as QtiAssessmentItemRef,je as QtiAssessmentSection,pr as QtiAssessmentStimulusRef,os as QtiAssessmentStimulusRefConnectedEvent,Lt as QtiAssessmentTest,Zn as QtiAssociableHotspot,Bi as QtiAssociateInteraction,xo as QtiBaseValue,zi as QtiChoiceInteraction,qn as QtiCompanionMaterialsInfo,ve as QtiConditionExpression,$s as QtiContainerSize,Ps as QtiContains,li as QtiContentBody,Pt as QtiContextDeclaration,Vs as QtiCorrect,Je as QtiCustomInteraction,ii as QtiCustomOperator,kr as QtiDefault,va as QtiDelete,Ns as QtiDivide,Os as QtiDurationGte,Hs as QtiDurationLt,xt as QtiEndAttemptInteraction,wo as QtiEqual,qo as QtiEqualRounded,R as QtiExpression,ge as QtiExtendedTextInteraction,pe as QtiFeedback,oi as QtiFeedbackBlock,si as QtiFeedbackInline,Ys as QtiFieldValue,Di as QtiGap,Ni as QtiGapImg,co as QtiGapMatchInteraction,Oi as QtiGapText,Fs as QtiGcd,Ke as QtiGraphicAssociateInteraction,po as QtiGraphicGapMatchInteraction,uo as QtiGraphicOrderInteraction,Us as QtiGt,Bs as QtiGte,Tr as QtiHotspotChoice,mo as QtiHotspotInteraction,eo as QtiHottext,ji as QtiHottextInteraction,en as QtiIndex,Hi as QtiInlineChoice,wt as QtiInlineChoiceInteraction,Ki as QtiInside,zs as QtiIntegerDivide,js as QtiIntegerModulus,Ws as QtiIntegerToFloat,Qs as QtiIsNull,Ar as QtiItem,ai as QtiItemBody,Gs as QtiLcm,Gi as QtiLookupOutcomeValue,Js as QtiLt,Ks as QtiLte,Co as QtiMapResponse,Eo as QtiMapResponsePoint,Zs as QtiMatch,Ct as QtiMatchInteraction,So as QtiMathOperator,ea as QtiMax,ho as QtiMediaInteraction,ta as QtiMember,ra as QtiMin,$t as QtiModalFeedback,ia as QtiMultiple,na as QtiNot,Xs as QtiNull,oa as QtiOr,Et as QtiOrderInteraction,sa as QtiOrdered,Ve as QtiOutcomeDeclaration,Ao as QtiPatternMatch,K as QtiPortableCustomInteraction,go as QtiPositionObjectInteraction,bo as QtiPositionObjectStage,aa as QtiPower,Zi as QtiPrintedVariable,la as QtiProduct,to as QtiPrompt,ba as QtiRandom,Mr as QtiRandomInteger,To as QtiRepeat,ks as QtiResponseCondition,Ge as QtiResponseDeclaration,Xi as QtiResponseElse,Ls as QtiResponseElseIf,Qi as QtiResponseIf,di as QtiResponseProcessing,Ds as QtiRound,Ji as QtiRoundTo,Pe as QtiRubricBlock,pl as QtiRuleElement,Ze as QtiSelectPointInteraction,ca as QtiSetCorrectResponse,da as QtiSetCorrectResponseRule,Ms as QtiSetOutcomeValue,_s as QtiSetOutcomeValueRule,pa as QtiSetTemplateValue,ua as QtiSetTemplateValueRule,Wt as QtiSimpleAssociableChoice,ht as QtiSimpleChoice,St as QtiSliderInteraction,Io as QtiStatsOperator,Mo as QtiStringMatch,Cn as QtiStylesheet,ko as QtiSubstring,Ro as QtiSubtract,ma as QtiSum,ha as QtiSumExpression,An as QtiTemplateConstraint,De as QtiTemplateDeclaration,pi as QtiTemplateProcessing,xn as QtiTest,ui as QtiTestFeedback,We as QtiTestPart,Ie as QtiTextEntryInteraction,fa as QtiTruncate,vo as QtiUploadInteraction,ga as QtiVariable,ar as QtiVariableDeclaration,J as ScoringHelper,Mi as TestCheckItem,Qe as TestContainer,hi as TestEndAttempt,hr as TestItemLink,xe as TestNavigation,ut as TestNext,Ei as TestPagingButtonsStamp,mt as TestPrev,Ri as TestPrintContext,br as TestPrintVariables,zt as TestScoringButtons,yr as TestScoringFeedback,Ti as TestSectionButtonsStamp,vr as TestSectionLink,Ce as TestShowCorrectResponse,Bt as TestStamp,oe as TestView,ki as TestViewToggle,G as computedContext,it as computedItemContext,be as configContext,we as convertNumberToUniversalFormat,Yd as decimalSeparator,SM as getItemByUri,EM as getManifestInfo,W as itemContext,rl as itemContextVariables,Hp as qtiAndMixin,or as qtiContext,Fp as qtiSubtractMixin,Me as qtiTransformItem,Za as qtiTransformManifest,rr as qtiTransformTest,yn as removeDoubleSlashes,nt as sessionContext,_e as testContext};
/*! Bundled license information:

@lit-labs/ssr-dom-shim/lib/element-internals.js:
@lit-labs/ssr-dom-shim/lib/events.js:
  (**
   * @license
   * Copyright 2023 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

@lit-labs/ssr-dom-shim/lib/css.js:
  (**
   * @license
   * Copyright 2024 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

@lit-labs/ssr-dom-shim/index.js:
@lit/reactive-element/node/css-tag.js:
lit-html/node/private-ssr-support.js:
  (**
   * @license
   * Copyright 2019 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/node/lit-html.js:
lit-element/lit-element.js:
@lit/reactive-element/node/decorators/custom-element.js:
@lit/reactive-element/node/decorators/property.js:
@lit/reactive-element/node/decorators/state.js:
@lit/reactive-element/node/decorators/event-options.js:
@lit/reactive-element/node/decorators/base.js:
@lit/reactive-element/node/decorators/query.js:
@lit/reactive-element/node/decorators/query-all.js:
@lit/reactive-element/node/decorators/query-async.js:
@lit/reactive-element/node/decorators/query-assigned-nodes.js:
@lit/context/lib/decorators/provide.js:
lit-html/node/directive.js:
lit-html/node/async-directive.js:
lit-html/node/lit-html.js:
lit-html/node/directives/until.js:
lit-html/node/directives/repeat.js:
lit-html/node/directives/unsafe-html.js:
  (**
   * @license
   * Copyright 2017 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/node/is-server.js:
@lit/context/lib/decorators/consume.js:
  (**
   * @license
   * Copyright 2022 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

@lit/reactive-element/node/decorators/query-assigned-elements.js:
@lit/context/lib/context-request-event.js:
@lit/context/lib/create-context.js:
@lit/context/lib/controllers/context-consumer.js:
@lit/context/lib/value-notifier.js:
@lit/context/lib/controllers/context-provider.js:
@lit/context/lib/context-root.js:
lit-html/node/directives/private-async-helpers.js:
  (**
   * @license
   * Copyright 2021 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/node/directive-helpers.js:
lit-html/node/directives/ref.js:
  (**
   * @license
   * Copyright 2020 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/node/directives/if-defined.js:
lit-html/node/directives/style-map.js:
  (**
   * @license
   * Copyright 2018 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

@heximal/expressions/lib/constants.js:
@heximal/expressions/lib/tokenizer.js:
@heximal/expressions/lib/parser.js:
@heximal/expressions/lib/ast_factory.js:
@heximal/expressions/lib/eval.js:
  (*
   * @license
   * Portions Copyright (c) 2013, the Dart project authors.
   *)
*/
